import Administration
import ArgumentParser
import EncoderProtocol
import KeyServer

struct PresetValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check files of presets; says everything that is wrong.")

    @Argument(help: "YAML files with documents of kind EncodingPreset.")
    var paths: [String]

    @Flag(help: "Print one JSON document.")
    var json = false

    private struct Answer: Report {
        var valid = true
        var presets: [String]
        var text: String { "valid: \(presets.joined(separator: ", "))" }
    }

    func run() async throws {
        try Answer(presets: paths.flatMap { try Self.load($0) }.map(\.name)).print(json: json)
    }

    /// - Throws: `CommandFailure` with everything that is wrong.
    static func load(_ path: String) throws -> [EncodingPreset] {
        let loaded = LoadedPresets.reading(path)
        guard loaded.errors.isEmpty else {
            throw DocumentsRejected(loaded.errors)
        }
        return loaded.presets
    }
}
