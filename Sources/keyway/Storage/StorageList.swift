import Administration
import ArgumentParser
import Foundation
import KeyServer

struct StorageList: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the storage accounts: how they are, and what lies in them.")

    @OptionGroup var common: CommonOptions

    func verb() -> ListStorageAccounts { ListStorageAccounts() }
}

/// The same, for scripts that watch.
struct StorageStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "The same list; ends with code 69 when an account that holds something, or should, cannot be used.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await common.perform(ListStorageAccounts())
        try report.print(json: common.json)
        let away = report.accounts.filter { $0.problem != nil }
        guard let first = away.first else { return }
        let more = away.count > 1 ? " and \(away.count - 1) more" : ""
        throw CommandFailure(.unavailable, "storage account '\(first.name)'\(more): \(first.problem ?? "")")
    }
}

extension ListStorageAccounts.Report: Report {
    var text: String {
        Table.render(
            ["ACCOUNT", "STATE", "WEIGHT", "VERSIONS", "ORIGINALS", "BYTES", "FREE", "FOLDER"],
            accounts.map { account in
                [
                    account.name, account.state.rawValue, "\(account.weight)", "\(account.versions)",
                    "\(account.originals)", "\(account.size)", account.free.map { "\($0 >> 30) GiB" } ?? "-",
                    account.place ?? "-",
                ]
            }) + accounts.compactMap { account in account.problem.map { "\n\(account.name): \($0)" } }.joined()
    }
}
