import Adapters
import Catalog
import ContentKeys
import Foundation
import KeyDelivery
import Policies
import Testing

/// What is kept in memory by name is kept by its bytes, as the catalog keeps it.
@Suite struct NameMemoryTests {
    private let names = ["caf\u{E9}", "cafe\u{301}"]

    private func withInstallation(_ body: (Installation) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-names-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(try await Installation.open(dataFolder: path))
    }

    @Test func secretsOfTwoNames() async throws {
        try await withInstallation { installation in
            for (position, name) in names.enumerated() {
                let secret = try installation.makeSecret(named: name, value: [UInt8(position)])
                try await installation.catalog.apply([.putSecret(secret)])
            }
            await installation.watch.look()
            for _ in 0..<2 {
                for (position, name) in names.enumerated() {
                    #expect(try installation.withSecret(named: name) { Array($0) } == [UInt8(position)])
                }
            }
        }
    }

    /// One key's policy is open, the other's closed to everybody.
    @Test func policiesOfTwoNames() async throws {
        try await withInstallation { installation in
            let keyIDs = [KeyID.random(), .random()]
            for (name, keyID) in zip(names, keyIDs) {
                let restrictions: [Restriction] = name == names[0] && name.isExactly(names[0]) ? [.open] : []
                try await installation.catalog.apply([
                    .putAuthorizationPolicy(
                        Self.policy(name, restrictions)),
                    .insertContentKey(
                        try installation.makeContentKey(.envelope, keyID: keyID, name: nil, policy: name)),
                ])
            }
            let service = Self.service(of: installation)
            for _ in 0..<2 {
                await installation.watch.look()
                #expect(try await Self.released(keyIDs, by: service) == [true, false])
            }
        }
    }

    /// Policies that say the same share it in memory, and each still changes by itself.
    @Test func policiesThatSayTheSameAreEachTheirOwn() async throws {
        try await withInstallation { installation in
            let keyIDs = (0..<3).map { _ in KeyID.random() }
            let names = ["first", "second", "third"]
            for (name, keyID) in zip(names, keyIDs) {
                try await installation.catalog.apply([
                    .putAuthorizationPolicy(Self.policy(name, [.open])),
                    .insertContentKey(
                        try installation.makeContentKey(.envelope, keyID: keyID, name: nil, policy: name)),
                ])
            }
            let service = Self.service(of: installation)
            func released() async throws -> [Bool] { try await Self.released(keyIDs, by: service) }
            await installation.watch.look()
            for _ in 0..<2 { #expect(try await released() == [true, true, true]) }
            try await installation.catalog.apply([.putAuthorizationPolicy(Self.policy("second", []))])
            await installation.watch.look()
            for _ in 0..<2 { #expect(try await released() == [true, false, true]) }
            try await installation.catalog.apply([.putAuthorizationPolicy(Self.policy("second", [.open]))])
            await installation.watch.look()
            for _ in 0..<2 { #expect(try await released() == [true, true, true]) }
        }
    }

    private static func service(of installation: Installation) -> KeyDeliveryService {
        KeyDeliveryService(
            catalog: installation.catalog, cache: KeyLookupCache(watch: installation.watch),
            unwrapper: installation.unwrapper, verifier: installation.verifier)
    }

    /// Whether each key is, asked for alone.
    private static func released(_ keyIDs: [KeyID], by service: KeyDeliveryService) async throws -> [Bool] {
        let address = try #require(IPAddress("192.0.2.1"))
        var released: [Bool] = []
        for keyID in keyIDs {
            let outcome = try await service.deliver(
                KeyRequest(keyIDs: [keyID], delivery: .aes, credential: nil, clientAddress: address), requestID: "r")
            if case .released = outcome { released.append(true) } else { released.append(false) }
        }
        return released
    }

    private static func policy(_ name: String, _ restrictions: [Restriction]) -> AuthorizationPolicy {
        AuthorizationPolicy(
            name: name, options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: restrictions)])
    }
}
