import Administration
import ArgumentParser
import Catalog
import Foundation
import KeyServer

struct JobSubmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a job: a run of a transform over files.",
        discussion:
            "Does not wait for its end: 'keyway job watch' does. Over KEYWAY_URL inputs are paths on the server.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The input file; several for a transform that takes files as they are.")
    var inputs: [String]

    @Option(help: "The transform's name; 'keyway transform list' lists them.")
    var transform: String

    @Option(help: "The asset that gets a version; made when there is none.")
    var asset: String

    @Option(help: "Larger ones run first, from -1000 to 1000 (default: the transform's).")
    var priority: Int?

    @Option(help: "Told with every event, as key=value; may be given several times.")
    var correlation: [String] = []

    @Option(help: "A preset in the place of the one that the transform encodes with.")
    var preset: String?

    @Option(help: "In pieces: off, auto (films of 10 minutes and more), or their length as 60s.")
    var split: String?

    @Option(help: "Most encoders of pieces at once.")
    var encoders: Int?

    func run() async throws {
        var pairs: [String: String] = [:]
        for text in correlation {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw CommandFailure(.badData, "--correlation is key=value, not '\(text)'")
            }
            guard pairs.updateValue(String(text[text.index(after: sign)...]), forKey: String(text[..<sign])) == nil
            else { throw CommandFailure(.badData, "--correlation names '\(text[..<sign])' twice") }
        }
        // Paths of another machine are written out by who knows it.
        let paths =
            CommonOptions.isRemote
            ? inputs : inputs.map { OriginalReference($0) == nil ? URL(fileURLWithPath: $0).path : $0 }
        try await common.perform(
            SubmitJob(
                transform: transform, asset: asset, inputs: paths, priority: priority,
                correlation: pairs.isEmpty ? nil : pairs, preset: preset, split: split, encoders: encoders)
        ).print(json: common.json)
    }
}
