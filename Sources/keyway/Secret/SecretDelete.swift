import Adapters
import ArgumentParser
import Catalog
import Foundation

struct SecretDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret; policies that name it then refuse every token.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The secret's name.")
    var name: String

    private struct Answer: Report {
        var name: String
        var text: String { "deleted \(name)" }
    }

    func run() async throws {
        let catalog = try await common.open().catalog
        guard try await catalog.secret(named: name) != nil else {
            throw CommandFailure(.noInput, "there is no secret '\(name)'")
        }
        var event = AuditEvent(time: Date(), action: .secretDeleted)
        event.detail = name
        try await catalog.apply([.deleteSecret(name: name), .audit(event)])
        try Answer(name: name).print(json: common.json)
    }
}
