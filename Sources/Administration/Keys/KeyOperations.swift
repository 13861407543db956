public import Catalog
import ContentKeys
import Foundation
public import Policies

/// What operators do with content keys. Each function is one transaction with its audit record, and answers with a
/// report that holds no key material; `export` is the one exception.
public struct KeyOperations: Sendable {
    let catalog: any CatalogEngine
    let material: any KeyMaterial
    let unwrapper: any KeyUnwrapper
    /// Who does it, for the audit log; nil for the server itself.
    let actor: String?

    public init(
        catalog: any CatalogEngine, material: any KeyMaterial, unwrapper: any KeyUnwrapper, actor: String? = nil
    ) {
        self.actor = actor
        self.catalog = catalog
        self.material = material
        self.unwrapper = unwrapper
    }

    /// A key by its KID or name, also one without a row.
    ///
    /// - Throws: `KeyOperationError` when there is none.
    func find(_ key: String) async throws -> ContentKeyRecord {
        if let record = try await catalog.contentKey(called: key) { return record }
        throw KeyOperationError(.missing, "there is no key '\(key)'; 'keyway key list' lists them")
    }

    /// Applies changes with their audit events signed by who did it.
    func apply(_ changes: [CatalogChange]) async throws {
        try await catalog.apply(changes.map { $0.by(actor) })
    }

    func appendAudit(_ events: [AuditEvent]) async throws {
        try await catalog.appendAudit(
            events.map { event in
                var event = event
                event.actor = actor
                return event
            })
    }

    func appendAudit(_ event: AuditEvent) async throws { try await appendAudit([event]) }

    /// What gives a key a row, for a change that must be remembered.
    func storing(_ record: ContentKeyRecord) async throws -> [CatalogChange] {
        guard !record.isStored else { return [] }
        var stored = record
        stored.isStored = true
        stored.checksum = try await material.checksum(of: record.wrapped)
        return [.insertContentKey(stored)]
    }

    func report(_ keyID: KeyID) async throws -> KeyReport {
        KeyReport(try await find(keyID.description))
    }

    static func event(_ action: AuditAction, _ record: ContentKeyRecord, at now: Date, detail: String? = nil)
        -> AuditEvent
    {
        var event = AuditEvent(time: now, action: action)
        event.keyID = record.keyID
        event.policy = record.authorizationPolicy
        event.detail = detail
        return event
    }
}

/// Looking at keys.
extension KeyOperations {
    /// A page of the stored keys. Keys that a seed gives without a row are in no listing: nobody knows how many exist.
    public func list(_ query: KeyQuery) async throws -> KeyPageReport {
        KeyPageReport(try await catalog.contentKeys(matching: query))
    }

    /// One key by its name or KID. The checksum of an old key is made here, and kept.
    public func show(_ key: String) async throws -> KeyReport {
        var record = try await find(key)
        if record.checksum == nil {
            let checksum = try await material.checksum(of: record.wrapped)
            record.checksum = checksum
            if record.isStored {
                try await apply([.changeContentKey(keyID: record.keyID, .setChecksum(checksum))])
            }
        }
        return KeyReport(record)
    }

    public func seeds() async throws -> [KeySeedReport] {
        try await catalog.keySeeds().map(KeySeedReport.init)
    }
}
