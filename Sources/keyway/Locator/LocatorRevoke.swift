import Adapters
import ArgumentParser
import Catalog
import Foundation
import Policies

struct LocatorRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Close a locator now; every URL under it answers 404.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The locator's id.")
    var locator: String

    private struct Answer: Report {
        var locator: String
        var revoked = true
        var text: String { "revoked \(locator)" }
    }

    func run() async throws {
        guard let id = LocatorID(locator) else {
            throw CommandFailure(.badData, "'\(locator)' is not a locator id (a UUID in lower case)")
        }
        let catalog = try await common.open().catalog
        guard try await catalog.locator(id) != nil else {
            throw CommandFailure(.noInput, "there is no locator \(id); 'keyway locator list' lists them")
        }
        var event = AuditEvent(time: Date(), action: .locatorRevoked)
        event.detail = id.description
        try await catalog.apply([.revokeLocator(id), .audit(event)])
        try Answer(locator: id.description).print(json: common.json)
    }
}
