import Administration
import ArgumentParser
import Catalog
import KeyServer

struct KEKRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a new version and rewrap everything under it, while servers run.",
        discussion: """
            A rotation that was interrupted is continued, and no new version is made then. Old versions stay until \
            --retire puts them aside, which is refused while something is wrapped under one. Back up the new version \
            before that. Over KEYWAY_URL the server rotates, as an operation that goes on when this command is interrupted.
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
            let items = CountText.text(rewrapped, "key or secret", "keys and secrets")
            return "\(isNew ? "made" : "went on with") version \(version), rewrapped \(items) under it"
        }
    }

    func run() async throws {
        let interface = try await common.makeOperator()
        if retire { return try await interface.perform(RetireKEKs()).print(json: common.json) }
        let begun = try await interface.begin(RotateKEK())
        let ended = try await FollowedOperation(interface, begun, isDrawn: common.drawsProgress).end()
        try OperationOutcome.print(ended, json: common.json)
    }

    /// - Throws: `CommandFailure` when something is left under older versions.
    static func print(_ result: KEKRotationResult, json: Bool) throws {
        try Rotated(
            version: result.version, isNew: result.isNew, rewrapped: result.rewrapped, remaining: result.remaining,
            failures: result.failures
        ).print(json: json)
        guard result.remaining == 0 else {
            let advice =
                result.failures.isEmpty
                ? "run the command again"
                : "these do not open; restore them from a backup of the catalog, or delete them"
            throw CommandFailure(
                .badData,
                (["\(result.remaining) are left under older versions, which stay; \(advice)"] + result.failures)
                    .joined(separator: "\n"))
        }
    }
}

extension RetireKEKs.Report: Report {
    var text: String {
        retired.isEmpty
            ? "no old version is left to retire"
            : retired.map { "retired version \($0.version): \($0.note)" }.joined(separator: "\n")
    }
}
