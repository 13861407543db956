import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import TestSupport
import Testing

@Suite struct KEKConfigurationTests {
    private func load(_ environment: [String: String], yaml: String? = nil) async throws -> ServiceConfiguration {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data((yaml ?? "").utf8).write(to: path)
        return try await ServiceConfiguration.load(path: path.path, environment: environment)
    }

    private static let transit = [
        "KEYWAY_KEK_PROVIDER": "transit", "KEYWAY_KEK_TRANSIT_ADDRESS": "https://vault:8200",
        "KEYWAY_KEK_TRANSIT_KEY": "keyway", "KEYWAY_KEK_TRANSIT_TOKEN_FILE": "/run/token",
    ]

    @Test func fileAndEnvironmentSayTheSame() async throws {
        let yaml = """
            kek:
              provider: transit
              transit:
                address: https://vault:8200
                key: keyway
                tokenFile: /run/token
            """
        let written = try await load([:], yaml: yaml)
        #expect(written.kek.provider == .transit)
        #expect(try await load(Self.transit).kek == written.kek)
        #expect(try await load([:]).kek == KEKConfiguration())
        #expect(try await load(["KEYWAY_KEK_PROVIDER": "environment"]).kek.provider == .environment)
        // The environment wins, field by field.
        #expect(try await load(["KEYWAY_KEK_TRANSIT_NAMESPACE": "a"], yaml: yaml).kek != written.kek)
    }

    @Test(arguments: [
        (["KEYWAY_KEK_PROVIDER": "vault"], "file, environment, transit"),
        (["KEYWAY_KEK_PROVIDER": "transit"], "kek.transit.address"),
        (["KEYWAY_KEK_TRANSIT_ADDRESS": "https://v", "KEYWAY_KEK_TRANSIT_KEY": "k"], "kek.transit.tokenFile"),
        (["KEYWAY_KEK_TRANSIT_ADDRESS": "https://v", "KEYWAY_KEK_TRANSIT_TOKEN_FILE": "t"], "kek.transit.key"),
        (transit.merging(["KEYWAY_KEK_TRANSIT_ADDRESS": "http://vault"]) { $1 }, "https"),
    ])
    func whatIsIncompleteIsNamed(environment: [String: String], field: String) async throws {
        let error = await #expect(throws: ConfigurationError.self) { try await load(environment) }
        #expect(error?.description.contains(field) == true, "\(String(describing: error))")
    }

    @Test func unknownFieldsNameTheNearest() async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await load([:], yaml: "kek:\n  transit:\n    tokenfile: x\n")
        }
        #expect(error?.description.contains("kek.transit.tokenFile") == true)
    }
}

/// A data folder whose newer version is in a transit engine and whose older one is a file.
@Suite struct KEKProviderChangeTests {
    @Test func versionsStayWhereTheyWereMade() async throws {
        let server = try TransitServer()
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-mix-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let files = try await Installation.open(dataFolder: path)
        _ = try files.makeContentKey(.envelope, keyID: .random(), name: nil)
        try await files.catalog.apply([.putSecret(try files.makeSecret(named: "sts", value: [1, 2, 3]))])
        let configuration = try await ServiceConfiguration.load(
            path: nil,
            environment: [
                "KEYWAY_KEK_PROVIDER": "transit", "KEYWAY_KEK_TRANSIT_ADDRESS": server.address,
                "KEYWAY_KEK_TRANSIT_KEY": "keyway", "KEYWAY_KEK_TRANSIT_TOKEN_FILE": server.tokenFile,
            ]
        ).kek
        let transit = try await Installation.open(dataFolder: path, kek: configuration)
        #expect(try await transit.keks.make(KEKVersion(rawValue: 2)).count == 28)
        let outcome = try await KEKRotation(catalog: transit.catalog, keeper: transit.keks).rotate { _, _ in }
        #expect(outcome.version.rawValue == 2 && outcome.rewrapped == 1)
        #expect(try transit.withSecret(named: "sts") { Array($0) } == [1, 2, 3])
        #expect(try await transit.catalog.kekVersions().map(\.provider) == [.file, .transit])
        // Without the engine's configuration the folder cannot be opened, and the message says what is missing.
        let error = await #expect(throws: InstallationError.self) { try await Installation.open(dataFolder: path) }
        #expect(error?.description.contains("kek.transit.address") == true)
    }
}
