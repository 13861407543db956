import Adapters
import Administration
import AzureImport
import Catalog
import ContentKeys
import Foundation
import KeyDelivery
import Policies
import Testing

/// A data folder for the time of a test.
final class Desk: Sendable {
    static let now = Date(timeIntervalSince1970: 1_700_000_000)

    private let folder: String
    let installation: Installation
    var catalog: any CatalogEngine { installation.catalog }

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-azure-\(UUID().uuidString)").path
        installation = try await Installation.open(dataFolder: folder)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    var operation: ImportOperation {
        let installation = installation
        return ImportOperation(
            catalog: catalog, material: installation.keyMaterial,
            makeSecret: { try installation.makeSecret(named: $0, value: $1) },
            compareSecret: { name, value in
                try installation.withSecret(named: name) { stored in value.withUnsafeBytes { $0.elementsEqual(stored) }
                }
            }, actor: "local:test")
    }

    func plan(_ items: ImportedItems) async throws -> ImportPlan {
        try await operation.plan(items, keySetHosts: [], at: Self.now)
    }

    @discardableResult
    func apply(_ items: ImportedItems) async throws -> ImportPlan {
        let plan = try await plan(items)
        try await operation.apply(plan)
        return plan
    }

    /// What a player gets for a KID: its bytes, or the code of the refusal.
    func deliver(
        _ keyID: String, token: String?, at now: Date, by delivery: KeyDeliveryType = .aes,
        from address: String = "127.0.0.1"
    ) async throws -> Outcome {
        let service = KeyDeliveryService(
            catalog: catalog, unwrapper: installation.unwrapper, verifier: installation.verifier, now: { now })
        let request = KeyRequest(
            keyIDs: [try #require(KeyID(keyID))], delivery: delivery, credential: token,
            clientAddress: try #require(IPAddress(address)))
        switch try await service.deliver(request, requestID: "r") {
        case .released(let keys): return .key(try #require(keys.first).key.withUnsafeBytes { Array($0) })
        case .denied(let reason): return .denied(reason.code)
        case .limited, .unavailable: throw CatalogError(.unavailable, "no decision")
        }
    }

    enum Outcome: Equatable {
        case key([UInt8])
        case denied(DenialReason.Code)
    }
}
