import Administration
import ArgumentParser
import Catalog
import KeyServer

struct AssetVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read everything that is stored of assets through, and say where it is not what was written.",
        discussion: """
            Ends with code 65 when something is damaged. Over KEYWAY_URL the server reads, as an operation that goes on when \
            this command is interrupted.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The assets' names (default: all).")
    var names: [String] = []

    private struct Answer: Report {
        var assets: [VerifyAsset.Report]
        var total: VerifyAssets.Total

        var text: String {
            let summary = Table.render(
                ["ASSET", "FILES", "BYTES", "STATE"],
                assets.map { ["\($0.asset)", "\($0.files)", "\($0.bytes)", $0.state] })
            let places = assets.flatMap { asset in asset.damage.map { "\(asset.asset): \($0.text)" } }
            return ([summary] + places + notListed).joined(separator: "\n")
        }

        /// In words, what is counted only.
        private var notListed: [String] {
            let places = total.damage - assets.reduce(0) { $0 + $1.damage.count }
            let damaged = total.damagedAssets - assets.count { !$0.damage.isEmpty }
            let others = total.assets - assets.count
            return
                (others > 0
                ? [
                    "\(CountText.text(others, "more asset is", "more assets are")) not listed; of these, damaged: \(damaged)"
                ] : [])
                + (places > 0
                    ? ["\(CountText.text(places, "more place is", "more places are")) damaged and not listed"] : [])
        }
    }

    func run() async throws {
        let interface = try await common.makeOperator()
        let begun = try await interface.begin(VerifyAssets(assets: names.isEmpty ? nil : names))
        let ended = try await FollowedOperation(interface, begun, isDrawn: common.drawsProgress).end()
        try OperationOutcome.print(ended, json: common.json)
    }

    /// - Throws: `CommandFailure` when something is damaged.
    static func print(_ result: VerifyAssets.Report, json: Bool) throws {
        let answer = Answer(assets: result.assets, total: result.counted)
        try answer.print(json: json)
        guard answer.total.damagedAssets == 0 else {
            throw CommandFailure(
                .badData,
                "\(answer.total.damagedAssets) of \(CountText.text(answer.total.assets, "asset")) "
                    + (answer.total.damagedAssets == 1 ? "is damaged" : "are damaged"))
        }
    }
}

extension VerifyAsset.Report {
    fileprivate var state: String {
        guard damage.isEmpty else { return "damaged" }
        guard withoutTags > 0 else { return "whole" }
        let files = CountText.text(withoutTags, "file has", "files have")
        return "whole; \(files) no tags, only size and index were checked"
    }
}

extension VerifyAsset.Damage {
    fileprivate var text: String {
        // Of the asset as a whole.
        guard !file.isEmpty else { return reason }
        let place = start.flatMap { start in end.map { ", bytes \(start) to \($0)" } } ?? ""
        let owner = version.map { "version \($0), track \(name)" } ?? "original \(name)"
        return "\(owner): \(file)\(place): \(reason)"
    }
}
