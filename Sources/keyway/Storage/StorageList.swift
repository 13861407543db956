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
        if common.json { try report.print(json: true) } else { Terminal.print(report.table) }
        let problems = report.accounts.compactMap(\.problem)
        guard problems.isEmpty else { throw CommandFailure(.unavailable, problems.joined(separator: "\n")) }
    }
}

extension ListStorageAccounts.Report: Report {
    /// Each problem names its account.
    var text: String { ([table] + accounts.compactMap(\.problem)).joined(separator: "\n") }

    fileprivate var table: String {
        Table.render(
            ["ACCOUNT", "STATE", "WEIGHT", "VERSIONS", "ORIGINALS", "BYTES", "FREE", "FOLDER"],
            accounts.map { account in
                [
                    account.name, account.state.rawValue, "\(account.weight)", "\(account.versions)",
                    "\(account.originals)", "\(account.size)", account.free.map { "\($0 >> 30) GiB" } ?? "-",
                    account.place ?? "-",
                ]
            })
    }
}
