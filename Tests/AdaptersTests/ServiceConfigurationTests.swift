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
        #expect(configuration.log == .text)
    }

    @Test func fileAndEnvironmentSayIt() async throws {
        let file = try await load("auditRetention: 90d\naccessLog: json\n")
        #expect(file.auditRetention == 90 * 86_400 && file.accessLog == .json)
        let environment = try await load(
            "auditRetention: 90d\naccessLog: json\n",
            ["KEYWAY_AUDIT_RETENTION": "12h", "KEYWAY_ACCESS_LOG": "off"])
        #expect(environment.auditRetention == 43_200 && environment.accessLog == .off)
        #expect(try await load("accessLog: off").accessLog == .off)
        #expect(try await load("log: json").log == .json)
        #expect(try await load("log: json", ["KEYWAY_LOG": "text"]).log == .text)
    }

    @Test func everythingThatIsWrongIsSaid() async throws {
        let wrong = """
            auditRetention: for ever
            limits: { address: many }
            listen: { admin: nowhere }
            keys: { url: "ftp://x" }
            orgin: { memory: 1 }
            kek: { transit: { address: "https://vault.example" } }
            """
        do {
            _ = try await load(wrong, ["KEYWAY_ACCESS_LOG": "xml"])
            Issue.record("was taken")
        } catch let error as ConfigurationError {
            let lines = error.description.split(separator: "\n")
            for words in [
                "'orgin'", "auditRetention must", "limits.address must", "listen.admin must", "keys.url must",
                "accessLog must", "kek.transit.",
            ] {
                #expect(lines.count { $0.contains(words) } == 1, "\(words): \(error)")
            }
            #expect(lines.count == 7)
            #expect(!error.isAbsence)
        }
        let none = await #expect(throws: ConfigurationError.self) {
            try await ServiceConfiguration.load(path: "/none.yaml", environment: [:])
        }
        #expect(none?.isAbsence == true)
    }

    @Test func variablesThatMeanNothingAreSaid() {
        let strange = ServiceConfiguration.strangeVariables(in: [
            "KEYWAY_BOGUS": "1", "KEYWAY_LISTEN_ADMN": "x", "KEYWAY_LISTEN_ADMIN": "x", "KEYWAY_AUDIT_RETENTION": "1d",
            "KEYWAY_SAS_LOCATORS_PER_ASSET": "5", "KEYWAY_TLS_ORIGIN_CLIENT_AUTHORITIES": "x", "KEYWAY_KEK_12": "x",
            "KEYWAY_DATA": "x", "KEYWAY_URL": "x", "KEYWAY_TOKEN": "x", "KEYWAY_CA_FILE": "x", "PATH": "x",
        ])
        #expect(
            strange == [
                "the environment variable KEYWAY_BOGUS means nothing here, and is ignored",
                "the environment variable KEYWAY_LISTEN_ADMN means nothing here, and is ignored; did you mean "
                    + "'KEYWAY_LISTEN_ADMIN'?",
            ])
    }

    @Test(arguments: [
        "auditRetention: 90", "auditRetention: 0d", "auditRetention: for ever", "accessLog: xml", "log: xml",
    ])
    func whatMakesNoSenseIsRefused(yaml: String) async throws {
        await #expect(throws: ConfigurationError.self) { try await load(yaml) }
    }
}
