import Catalog
import ContentKeys
import Foundation

/// Makes a named content key, or gives the one of that name another authorization policy: what a `ContentKey` document
/// does. A key's type and id never change.
public struct PutKey: OperatorVerb {
    public var name: String
    /// `common`, `common-cbcs` or `envelope`.
    public var type: String
    /// Nil for a new key's random id, or the one that the key has.
    public var keyId: String?
    /// Nil denies every disclosure.
    public var authorizationPolicy: String?
    public var ifMatch: String?
    public var ifNoneMatch: String?

    public init(
        name: String, type: String, keyId: String? = nil, authorizationPolicy: String? = nil, ifMatch: String? = nil,
        ifNoneMatch: String? = nil
    ) {
        self.name = name
        self.type = type
        self.keyId = keyId
        self.authorizationPolicy = authorizationPolicy
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    public struct Report: TaggedReport {
        /// `create`, `update` or `unchanged`.
        public var change: String
        public var key: KeyReport

        public var entityTag: String? { key.entityTag }
        public var isCreated: Bool { change == PlannedChange.Action.create.rawValue }
    }

    public func run(in context: OperatorContext) async throws -> Report {
        do {
            return try await put(in: context)
        } catch let error as CatalogError where error.code == .exists && ifNoneMatch == nil {
            // Somebody made it meanwhile: the same words then say the same, and others contradict it.
            guard try await context.catalog.contentKey(named: name) != nil else { throw error }
            return try await put(in: context)
        }
    }

    private func put(in context: OperatorContext) async throws -> Report {
        let creation = CreateKey(type: type, name: name, keyId: keyId, authorizationPolicy: authorizationPolicy)
        let precondition = Precondition(ifMatch: ifMatch, ifNoneMatch: ifNoneMatch)
        let stored = try await context.catalog.contentKey(named: name)
        try precondition.check(stored.flatMap { KeyReport($0).entityTag }, of: "key '\(name)'")
        guard var record = stored else {
            try context.require(.keyAdmin, to: "make content keys")
            do {
                return Report(change: "create", key: try await creation.run(in: context))
            } catch let error as CatalogError where error.code == .exists && ifNoneMatch != nil {
                throw OperatorError(.changed, error.reason)
            }
        }
        try refuseOther(than: record)
        guard record.authorizationPolicy != authorizationPolicy else {
            return Report(change: "unchanged", key: KeyReport(record))
        }
        try await FieldChecks.requirePolicy(authorizationPolicy, in: context.catalog)
        var event = context.event(.keyPolicySet, detail: name)
        event.keyID = record.keyID
        event.policy = authorizationPolicy
        var changes: [CatalogChange] = [
            .setAuthorizationPolicy(keyID: record.keyID, policy: authorizationPolicy), .audit(event),
        ]
        if !precondition.isEmpty { changes.insert(.require(.contentKey(record)), at: 0) }
        try await context.catalog.apply(changes)
        record.authorizationPolicy = authorizationPolicy
        return Report(change: "update", key: KeyReport(record))
    }

    private func refuseOther(than record: ContentKeyRecord) throws {
        guard record.type.rawValue == type else {
            throw OperatorError(
                .conflict, "key '\(name)' is of type '\(record.type.rawValue)': a key's type never changes")
        }
        guard keyId == nil || keyId.flatMap({ KeyID($0) }) == record.keyID else {
            throw OperatorError(.conflict, "key '\(name)' has the id \(record.keyID): a key's id never changes")
        }
    }
}

extension KeyReport: TaggedReport {
    public var entityTag: String? { try? EntityTag.of(self) }
}
