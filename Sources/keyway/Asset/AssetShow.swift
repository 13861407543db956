import Administration
import ArgumentParser
import Foundation
import KeyServer

struct AssetShow: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an asset: its tracks, keys and locators.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    func verb() -> ShowAsset { ShowAsset(name: name) }
}

extension ShowAsset.Report: Report {
    var text: String {
        """
        asset    \(name)
        created  \(created.rfc3339)
        version  \(version.map(String.init) ?? "-")
        storage  \(storageAccount)\(downLine)

        \(Table.render(
            ["TRACK", "CODEC", "SIZE", "KB/S", "SECONDS", "SEGMENTS", "BYTES"],
            tracks.map(row)))

        \(Table.render(["KEY ID", "ENCRYPTION", "LABEL"], keys.map { [$0.keyId, $0.encryption, $0.label] }))

        \(Table.render(
            ["LOCATOR", "DELIVERY POLICIES", "UNTIL", "STATE"],
            locators.map {
                [$0.id, $0.deliveryPolicies.joined(separator: ","), $0.end.rfc3339, $0.revoked ? "revoked" : "valid"]
            }))
        """
    }

    /// Empty while it is served.
    private var downLine: String {
        takenDown.map { "\ndown     since \($0.rfc3339)\(reason.map { ": \($0)" } ?? "")" } ?? ""
    }

    private func row(_ track: ShowAsset.Track) -> [String] {
        let size = track.width.flatMap { width in track.height.map { "\(width)x\($0)" } } ?? "-"
        return [
            track.name, track.codec, size, "\(track.averageBitrate / 1000)",
            String(format: "%.2f", track.seconds), "\(track.segments)", "\(track.bytes)",
        ]
    }
}
