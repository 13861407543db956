public import Catalog
public import ContentKeys

/// What a rotation asks of those who hold KEKs. Administration sees versions and wrapped bytes only.
public protocol KEKKeeper: Sendable {
    /// Where new versions are made.
    var provider: KEKProviderKind { get }
    /// How long the running servers need to take a new version up before something that they read without waiting may
    /// be wrapped under it.
    var settlingTime: Duration { get }
    /// Where a version is, for people.
    func place(of record: KEKVersionRecord) -> String
    /// Whether something lies in a version's place.
    func isThere(_ record: KEKVersionRecord) -> Bool
    /// Makes a version durably, or takes the one that is in its place already, and gives its proof.
    func make(_ version: KEKVersion) async throws -> [UInt8]
    /// Takes up what the catalog records.
    func refresh() async throws
    func rewrap(_ key: WrappedContentKey, under version: KEKVersion) throws -> WrappedContentKey
    func rewrap(_ secret: SecretRecord, under version: KEKVersion) throws -> SecretRecord
    func rewrap(_ seed: WrappedKeySeed, under version: KEKVersion) throws -> WrappedKeySeed
    func rewrap(_ key: AuditKeyRecord, under version: KEKVersion) throws -> AuditKeyRecord
    /// Puts a retired version aside, once or again.
    ///
    /// - Returns: what was done or is to be done, for the operator.
    func putAside(_ record: KEKVersionRecord) throws -> String
}

/// Why a rotation or a retirement was refused.
public struct KEKRotationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
