import Administration
import ArgumentParser
import Foundation
import KeyServer

struct AssetVersions: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions", abstract: "List the versions of an asset.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    func verb() -> ListVersions { ListVersions(name: name) }
}

extension ListVersions.Report: Report {
    var text: String {
        Table.render(
            ["VERSION", "STATE", "TRACKS", "BYTES", "CREATED"],
            versions.map {
                ["\($0.number)", $0.current ? "served" : "-", "\($0.tracks)", "\($0.bytes)", $0.created.rfc3339]
            })
    }
}

struct AssetRollback: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Serve another version of an asset, from the next request on.",
        discussion: """
            Segment URLs hold the version, so that caches never mix versions. Only the version that is served answers: \
            players that are in the middle of another one have to read the manifest again.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    @Option(name: .customLong("to"), help: "The version (default: the one before the current one).")
    var version: Int?

    func verb() -> RollBackAsset { RollBackAsset(name: name, version: version) }
}

extension RollBackAsset.Report: Report {
    var text: String {
        let before = previous.map { ", instead of \($0)" } ?? ""
        return changed
            ? "asset \(asset) is served in version \(version)\(before)\n\(purge.text)"
            : "asset \(asset) was served in version \(version) already"
    }
}
