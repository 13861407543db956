import Adapters
import Administration
import ArgumentParser
import ContentKeys

struct KEKRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a new version and rewrap everything under it, while servers run.",
        discussion: """
            A rotation that was interrupted is continued, and no new version is made then. Old versions stay until \
            --retire puts them aside, which is refused while something is wrapped under one. Back up the new version \
            before that.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Make no version; put the old versions aside that nothing needs.")
    var retire = false

    private struct Rotated: Report {
        var version: Int
        var isNew: Bool
        var rewrapped: Int
        var remaining: Int
        var failures: [String]

        var text: String {
            "\(isNew ? "made" : "went on with") version \(version), rewrapped \(rewrapped) keys and secrets under it"
        }
    }

    private struct Retired: Report {
        struct Version: Encodable {
            var version: Int
            var note: String
        }

        var retired: [Version]

        var text: String {
            retired.isEmpty
                ? "no old version is left to retire"
                : retired.map { "retired version \($0.version): \($0.note)" }.joined(separator: "\n")
        }
    }

    func run() async throws {
        let installation = try await common.open()
        if retire {
            let outcomes = try await KEKRetirement(catalog: installation.catalog, keeper: installation.keks).retireOld()
            let versions = outcomes.map { Retired.Version(version: $0.version.rawValue, note: $0.note) }
            return try Retired(retired: versions).print(json: common.json)
        }
        let bar = ProgressBar(label: "rewrapping", isDrawn: Terminal.isInteractive && !common.json)
        defer { bar.finish() }
        let outcome = try await KEKRotation(catalog: installation.catalog, keeper: installation.keks)
            .rotate { bar.show(done: $0, of: $1) }
        bar.finish()
        try Rotated(
            version: outcome.version.rawValue, isNew: outcome.isNew, rewrapped: outcome.rewrapped,
            remaining: outcome.remaining, failures: outcome.failures
        ).print(json: common.json)
        guard outcome.remaining == 0 else {
            let advice =
                outcome.failures.isEmpty
                ? "run the command again"
                : "these do not open; restore them from a backup of the catalog, or delete them"
            throw CommandFailure(
                .badData,
                (["\(outcome.remaining) are left under older versions, which stay; \(advice)"] + outcome.failures)
                    .joined(separator: "\n"))
        }
    }
}
