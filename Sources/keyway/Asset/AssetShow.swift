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
        storage  \(storageAccount)\(newLine)\(downLine)

        \(Table.render(
            ["TRACK", "CODEC", "SIZE", "KBIT/S", "SECONDS", "SEGMENTS", "BYTES"],
            tracks.map(row), none: "no tracks: 'keyway encode' or 'keyway asset upload' makes a version"))

        \(Table.render(
            ["KEY ID", "ENCRYPTION", "LABEL"], keys.map { [$0.keyId, $0.encryption, $0.label] }, none: "no keys"))

        \(Table.render(
            ["LOCATOR", "DELIVERY POLICIES", "UNTIL", "STATE"],
            locators.map {
                [$0.id, $0.deliveryPolicies.joined(separator: ","), $0.end.rfc3339, $0.revoked ? "revoked" : "valid"]
            }, none: "no locators: 'keyway publish' makes one"))
        """ + warnings.map { "\nwarning: \($0)" }.joined()
    }

    /// Empty where what is new goes where the version is.
    private var newLine: String { accountForNew == storageAccount ? "" : " (what is new: \(accountForNew))" }

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
