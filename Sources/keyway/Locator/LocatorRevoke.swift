import Administration
import ArgumentParser
import KeyServer
import Policies

struct LocatorRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Close a locator now; every URL under it answers 404.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The locator's id.")
    var locator: String

    func run() async throws {
        guard LocatorID(locator) != nil else {
            throw CommandFailure(.usage, "'\(locator)' is not a locator id (a UUID in lower case)")
        }
        try await common.perform(RevokeLocator(locator: locator)).print(json: common.json)
    }
}

extension RevokeLocator.Report: Report {
    var text: String { "revoked \(locator)" }
}
