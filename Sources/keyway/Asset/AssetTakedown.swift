import Administration
import ArgumentParser
import Foundation
import KeyServer

struct AssetTakedown: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "takedown",
        abstract: "Take an asset down within a second: no locator serves it, and its keys are given to nobody.",
        discussion: """
            Segments that caches hold never reach the origin: what they may hold is listed, to be purged there. \
            'keyway asset restore' puts the asset up again.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    @Option(help: "Why; for the audit log.")
    var reason: String?

    func verb() -> TakeDownAsset { TakeDownAsset(name: name, reason: reason) }
}

struct AssetRestore: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Serve an asset again that was taken down.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    func verb() -> RestoreAsset { RestoreAsset(name: name) }
}

extension TakedownReport: Report {
    var text: String {
        guard let takenDown else { return "asset \(asset) \(changed ? "is served again" : "was not taken down")" }
        let state = changed ? "is taken down" : "was taken down already at \(takenDown.rfc3339)"
        return "asset \(asset) \(state)\n\(purge.text)"
    }
}

extension CachePurge {
    /// For people.
    var text: String {
        (["purge of caches:"] + prefixes.map { "  \($0)" } + tags.map { "  tag \($0)" }).joined(separator: "\n")
    }
}
