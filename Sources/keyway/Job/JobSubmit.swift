import Administration
import ArgumentParser
import Catalog
import Foundation
import KeyServer

struct JobSubmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a job: a run of a transform over files.",
        discussion:
            """
            Does not wait for its end: 'keyway job watch' does. What is said here of preset, sound and pictures goes before what \
            the transform says. Over KEYWAY_URL files are paths on the server, except that of --preset-file.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(
        help: ArgumentHelp(
            "The input file; several with --join, or for a transform that takes files as they are.",
            discussion: "None for a transform that encodes nothing.")
    )
    var inputs: [String] = []

    @Option(help: "The transform's name; 'keyway transform list' lists them.")
    var transform: String

    @Option(help: "The asset that gets a version; made when there is none.")
    var asset: String

    @Option(help: "Larger ones run first, from -1000 to 1000 (default: the transform's).")
    var priority: Int?

    @Option(help: "Told with every event, as key=value; may be given several times.")
    var correlation: [String] = []

    @OptionGroup var recipe: EncodingOptions

    @Option(help: "Most encoders of pieces at once.")
    var encoders: Int?

    func run() async throws {
        var pairs: [String: String] = [:]
        for text in correlation {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw CommandFailure(.usage, "--correlation is key=value, not '\(text)'")
            }
            guard pairs.updateValue(String(text[text.index(after: sign)...]), forKey: String(text[..<sign])) == nil
            else { throw CommandFailure(.usage, "--correlation names '\(text[..<sign])' twice") }
        }
        try await common.perform(
            SubmitJob(
                transform: transform, asset: asset, inputs: inputs.map(Self.place), priority: priority,
                correlation: pairs.isEmpty ? nil : pairs, preset: recipe.preset, split: recipe.split,
                encoders: encoders,
                encoding: try encoding())
        ).print(json: common.json)
    }

    private func encoding() throws -> JobEncoding? {
        var encoding = try recipe.encoding(Self.place)
        if let file = recipe.presetFile {
            // Says what is wrong with it by the file's name.
            _ = try recipe.chosenPreset()
            do {
                encoding.presets = try String(contentsOfFile: file, encoding: .utf8)
            } catch {
                throw CommandFailure(.noInput, "cannot read '\(file)': \(SystemReason.text(error))")
            }
        }
        return encoding.isEmpty ? nil : encoding
    }

    /// Paths of another machine are written out by who knows it.
    private static func place(_ file: String) -> String {
        CommonOptions.isRemote || file.hasPrefix("asset:") ? file : URL(fileURLWithPath: file).path
    }
}
