import Administration
import ArgumentParser
import KeyServer

struct KeyDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Put a key out of use, and remove it after a waiting period.",
        discussion: """
            Within the period 'keyway key restore' brings it back; after it nothing does. Refused while an asset needs \
            the key.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    @Option(help: "How long to wait: 12h, 30d (default 7d).")
    var after: String?

    @Flag(help: "Remove it at once, for good.")
    var now = false

    func run() async throws {
        guard !(now && after != nil) else { throw CommandFailure(.usage, "--now and --after do not go together") }
        if let after { _ = try KeyOptions.duration(after, "--after") }
        let report =
            now
            ? try await common.perform(RemoveKey(name: key))
            : try await common.perform(DeleteKey(name: key, after: after))
        try report.print(json: common.json)
    }
}
