import Adapters
import ArgumentParser
import Catalog
import ContentKeys
import Foundation

struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a random content key, wrapped under the KEK.")

    @OptionGroup var common: CommonOptions

    @Option(help: "common, common-cbcs or envelope.")
    var type: String

    @Option(help: "A name, unique among keys.")
    var name: String?

    @Option(help: "The key's id, a UUID that is not in use; generated when absent.")
    var kid: String?

    @Option(name: .customLong("auth"), help: "The authorization policy; without one nobody receives the key.")
    var policy: String?

    private struct Answer: Report {
        var key: KeyReport
        var text: String { Table.render(KeyReport.heading, [key.row]) }

        func encode(to encoder: any Encoder) throws {
            try key.encode(to: encoder)
        }
    }

    func run() async throws {
        guard let keyType = ContentKeyType(rawValue: type), keyType.isDeliverable else {
            throw CommandFailure(.badData, "--type must be common, common-cbcs or envelope, not '\(type)'")
        }
        var keyID = KeyID.random()
        if let kid {
            guard let given = KeyID(kid) else { throw CommandFailure(.badData, "--kid is not a UUID: '\(kid)'") }
            keyID = given
        }
        let installation = try await common.open()
        let record = try installation.makeContentKey(keyType, keyID: keyID, name: name, policy: policy)
        var event = AuditEvent(time: Date(), action: .keyCreated)
        event.keyID = keyID
        event.policy = policy
        event.detail = name
        try await installation.catalog.apply([.insertContentKey(record), .audit(event)])
        try Answer(key: KeyReport(record)).print(json: common.json)
    }
}
