import Administration
import ArgumentParser
import KeyServer

struct AssetVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read everything that is stored of assets through, and say where it is not what was written.",
        discussion: "Ends with code 65 when something is damaged.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The assets' names (default: all).")
    var names: [String] = []

    private struct Answer: Report {
        var assets: [VerifyAsset.Report]
        var damaged: Bool { assets.contains { !$0.damage.isEmpty } }

        var text: String {
            let summary = Table.render(
                ["ASSET", "FILES", "BYTES", "STATE"],
                assets.map { ["\($0.asset)", "\($0.files)", "\($0.bytes)", $0.state] })
            let places = assets.flatMap { asset in asset.damage.map { "\(asset.asset): \($0.text)" } }
            return ([summary] + places).joined(separator: "\n")
        }

        enum CodingKeys: String, CodingKey { case assets }
    }

    func run() async throws {
        let interface = try await common.makeOperator()
        var names = names
        if names.isEmpty {
            names = try await interface.pages { ListAssets(after: $0, limit: Paging.limits.upperBound) }
                .flatMap { $0.assets.map(\.name) }
        }
        let bar = ProgressBar(label: "verifying", isDrawn: Terminal.isInteractive)
        var reports: [VerifyAsset.Report] = []
        for name in names {
            bar.show(done: reports.count, of: names.count)
            reports.append(try await interface.perform(VerifyAsset(name: name)))
        }
        bar.finish()
        let answer = Answer(assets: reports)
        try answer.print(json: common.json)
        guard !answer.damaged else {
            let count = reports.filter { !$0.damage.isEmpty }.count
            throw CommandFailure(.badData, "\(count) of \(reports.count) assets are damaged")
        }
    }
}

extension VerifyAsset.Report {
    fileprivate var state: String {
        guard damage.isEmpty else { return "damaged" }
        return withoutTags > 0 ? "whole; \(withoutTags) files have no tags, only size and index were checked" : "whole"
    }
}

extension VerifyAsset.Damage {
    fileprivate var text: String {
        let place = start.flatMap { start in end.map { ", bytes \(start) to \($0)" } } ?? ""
        let owner = version.map { "version \($0), track \(name)" } ?? "original \(name)"
        return "\(owner): \(file)\(place): \(reason)"
    }
}
