import Administration
import ArgumentParser
import KeyServer

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

    /// How often it is asked how far the rotation is.
    private static let interval = Duration.milliseconds(100)

    func run() async throws {
        let interface = try await common.makeOperator()
        if retire { return try await interface.perform(RetireKEKs()).print(json: common.json) }
        let progress = try await follow(interface)
        guard progress.state == .finished, let version = progress.version else {
            throw CommandFailure(.unavailable, progress.error ?? "the rotation ended with its server; run it again")
        }
        let (remaining, failures) = (progress.remaining ?? 0, progress.failures ?? [])
        try Rotated(
            version: version, isNew: progress.isNew ?? false, rewrapped: progress.rewrapped ?? 0,
            remaining: remaining, failures: failures
        ).print(json: common.json)
        guard remaining == 0 else {
            let advice =
                failures.isEmpty
                ? "run the command again"
                : "these do not open; restore them from a backup of the catalog, or delete them"
            throw CommandFailure(
                .badData,
                (["\(remaining) are left under older versions, which stay; \(advice)"] + failures)
                    .joined(separator: "\n"))
        }
    }

    private func follow(_ interface: any OperatorInterface) async throws -> KEKRotationProgress {
        let bar = ProgressBar(label: "rewrapping", isDrawn: Terminal.isInteractive && !common.json)
        defer { bar.finish() }
        var progress = try await interface.perform(RotateKEK())
        while progress.state == .running {
            try await Task.sleep(for: Self.interval)
            progress = try await interface.perform(ShowKEKRotation())
            bar.show(done: progress.done, of: progress.total)
        }
        return progress
    }
}

extension RetireKEKs.Report: Report {
    var text: String {
        retired.isEmpty
            ? "no old version is left to retire"
            : retired.map { "retired version \($0.version): \($0.note)" }.joined(separator: "\n")
    }
}
