import Administration
import AzureImport
import Foundation
import Testing

/// What exports become, as it was agreed on: the plan and the documents. `KEYWAY_UPDATE_GOLDEN=1` writes the files
/// anew.
@Suite struct GoldenImportTests {
    @Test(arguments: [("v2", ["v2"]), ("v3", ["v3"]), ("account", ["account", "v3"])])
    func planIsAsAgreed(name: String, folders: [String]) async throws {
        let items = AzureImport.read(
            try folders.flatMap { try Exports.sources($0) }, prefix: name == "v2" ? "old-" : "")
        let plan = try await Desk().plan(items)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var parts = [plan.changes.map(\.description).joined(separator: "\n")]
        parts.append(plan.findings.map(\.description).joined(separator: "\n"))
        for policy in items.authorizationPolicies {
            parts.append(String(decoding: try encoder.encode(AuthorizationPolicyForm(policy)), as: UTF8.self))
        }
        for policy in items.deliveryPolicies {
            parts.append(String(decoding: try encoder.encode(DeliveryPolicyForm(policy)), as: UTF8.self))
        }
        let text = parts.joined(separator: "\n\n") + "\n"
        let file = Exports.golden.appending(path: "\(name).txt")
        if ProcessInfo.processInfo.environment["KEYWAY_UPDATE_GOLDEN"] != nil { try Data(text.utf8).write(to: file) }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    /// No value of a secret or a key stands in a plan or a report.
    @Test func nothingShowsASecret() async throws {
        let sources = try Exports.sources("v2", "v3")
        let plan = try await Desk().plan(AzureImport.read(sources))
        let text = plan.changes.map(\.description).joined() + plan.findings.map(\.description).joined()
        let exports = try ["v2/swt-template.xml", "v3/subscribers.json", "v3/locator-keys.json", "v2/keys.json"]
            .map(Exports.text).joined()
        let secrets =
            exports.matches(of: /[A-Za-z0-9+\/]{12,}={0,2}/).map { String($0.output) }.filter {
                Data(base64Encoded: $0) != nil && ($0.hasSuffix("=") || $0.count > 60)
            } + ["SECRETPASSWORD", "U0VDUkVUUEZY"]
        #expect(secrets.count > 5)
        for secret in secrets where secret != "KpOvXRLUXfs=" { #expect(!text.contains(secret)) }
    }
}
