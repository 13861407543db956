import Adapters
import Foundation
import Testing

/// The settings of the audit log and the access log.
@Suite struct ServiceConfigurationTests {
    private func load(_ yaml: String, _ environment: [String: String] = [:]) async throws -> ServiceConfiguration {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-\(UUID().uuidString).yaml")
            .path
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await ServiceConfiguration.load(path: path, environment: environment)
    }

    @Test func withoutSettingsRecordsStayAndRequestsAreNotLogged() async throws {
        let configuration = try await load("{}")
        #expect(configuration.auditRetention == nil && configuration.accessLog == .off)
    }

    @Test func fileAndEnvironmentSayIt() async throws {
        let file = try await load("auditRetention: 90d\naccessLog: json\n")
        #expect(file.auditRetention == 90 * 86_400 && file.accessLog == .json)
        let environment = try await load(
            "auditRetention: 90d\naccessLog: json\n",
            ["KEYWAY_AUDIT_RETENTION": "12h", "KEYWAY_ACCESS_LOG": "off"])
        #expect(environment.auditRetention == 43_200 && environment.accessLog == .off)
        #expect(try await load("accessLog: off").accessLog == .off)
    }

    @Test(arguments: ["auditRetention: 90", "auditRetention: 0d", "auditRetention: for ever", "accessLog: xml"])
    func whatMakesNoSenseIsRefused(yaml: String) async throws {
        await #expect(throws: ConfigurationError.self) { try await load(yaml) }
    }
}
