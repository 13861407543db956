import Catalog
public import ContentKeys
public import Foundation

/// New keys and seeds.
extension KeyOperations {
    /// Makes a random key of a deliverable type.
    public func create(_ type: ContentKeyType, _ properties: KeyProperties, at now: Date) async throws -> KeyReport {
        try properties.validate()
        guard type.isDeliverable else {
            throw KeyOperationError(.invalid, "keys of type '\(type.rawValue)' are made with the assets that need them")
        }
        let record = try await material.makeKey(type, keyID: properties.keyID ?? .random(), at: now)
        return try await insert(record, properties, .keyCreated, at: now)
    }

    /// Takes a key from outside under its KID.
    ///
    /// - Parameter checksum: what the other side says that the key's checksum is; nil leaves it unchecked.
    public func `import`(
        _ key: ContentKey, keyID: KeyID, checksum: KeyChecksum?, _ properties: KeyProperties, at now: Date
    ) async throws -> KeyReport {
        var properties = properties
        properties.keyID = keyID
        try properties.validate()
        guard key.type.isDeliverable else {
            throw KeyOperationError(.invalid, "keys of type '\(key.type.rawValue)' are not imported")
        }
        let record = try await material.wrap(key, keyID: keyID, at: now)
        if let checksum, record.checksum != checksum {
            throw KeyOperationError(
                .invalid,
                "the key's checksum under \(keyID) is not \(checksum): the key, the KID or its byte order is wrong")
        }
        return try await insert(record, properties, .keyImported, at: now)
    }

    /// A key of a seed. Without a KID, a new one is made that the seed will know as its own, and nothing is stored but
    /// the audit record, unless the key has properties of its own; a KID from elsewhere gets a row, so that no other KID
    /// is ever answered.
    public func create(fromSeed name: String, _ properties: KeyProperties, at now: Date) async throws -> KeyReport {
        try properties.validate()
        guard let seed = try await catalog.keySeed(named: name) else {
            throw KeyOperationError(.missing, "there is no key seed '\(name)'; 'keyway key seed list' lists them")
        }
        let own = try await material.makeKeyID(of: seed.wrapped)
        var record = seed.key(properties.keyID ?? own, isStored: properties != KeyProperties())
        record.created = now
        record.checksum = try await material.checksum(of: record.wrapped)
        guard record.isStored else {
            try await apply([.audit(Self.event(.keyCreated, record, at: now, detail: "of seed \(name)"))])
            return KeyReport(record)
        }
        var properties = properties
        properties.authorizationPolicy = properties.authorizationPolicy ?? seed.authorizationPolicy
        return try await insert(record, properties, .keyCreated, at: now)
    }

    /// Stores a seed under a name.
    ///
    /// - Parameter value: 30 to 64 bytes; the caller zeroes its own copy.
    public func createSeed(
        _ name: String, _ value: [UInt8], type: ContentKeyType, authorizationPolicy: String?, at now: Date
    ) async throws -> KeySeedReport {
        try KeyProperties.validate(name: name, of: "key seed")
        guard type.isDeliverable else {
            throw KeyOperationError(.invalid, "a seed gives keys of type common, common-cbcs or envelope")
        }
        guard (WrappedKeySeed.derivingSize...WrappedKeySeed.maximumSize).contains(value.count) else {
            throw KeyOperationError(
                .invalid,
                "a key seed has \(WrappedKeySeed.derivingSize) to \(WrappedKeySeed.maximumSize) bytes, not \(value.count)"
            )
        }
        let record = KeySeedRecord(
            wrapped: try await material.wrapSeed(value, name: name, type: type),
            authorizationPolicy: authorizationPolicy, created: now)
        var event = AuditEvent(time: now, action: .keySeedCreated)
        event.policy = authorizationPolicy
        event.detail = name
        try await apply([.insertKeySeed(record), .audit(event)])
        return KeySeedReport(record)
    }

    private func insert(
        _ record: ContentKeyRecord, _ properties: KeyProperties, _ action: AuditAction, at now: Date
    ) async throws -> KeyReport {
        var record = record
        record.name = properties.name
        record.authorizationPolicy = properties.authorizationPolicy
        record.label = properties.label
        record.notBefore = properties.notBefore
        record.notAfter = properties.notAfter
        // A KID that a seed knows as its own is taken, although it has no row, by any key but the seed's.
        if let taken = try await catalog.contentKey(record.keyID), taken.isStored || taken.seed != record.seed {
            throw CatalogError(.exists, "there is a key \(record.keyID) already")
        }
        try await apply([
            .insertContentKey(record),
            .audit(Self.event(action, record, at: now, detail: record.name ?? record.seed.map { "of seed \($0)" })),
        ])
        return KeyReport(record)
    }
}
