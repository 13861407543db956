import ArgumentParser
import KeyServer

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print one JSON document and nothing else on standard output.")
    var json = false

    private struct Answer: Report {
        var version = Version.text
        var text: String { "keyway \(version)" }
    }

    func run() throws {
        try Answer().print(json: json)
    }
}
