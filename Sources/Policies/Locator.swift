public import Foundation

/// The identifier in a published URL: a UUID, spelled in lower case with dashes and in no other way.
public struct LocatorID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let description: String

    /// From the canonical spelling only, so that one locator has one URL.
    public init?(_ text: String) {
        guard let uuid = UUID(uuidString: text), uuid.uuidString.lowercased() == text else { return nil }
        description = text
    }

    public init() {
        description = UUID().uuidString.lowercased()
    }

    /// From the UUID's 16 bytes; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var uuid = UUID().uuid
        withUnsafeMutableBytes(of: &uuid) { $0.copyBytes(from: bytes) }
        description = UUID(uuid: uuid).uuidString.lowercased()
    }

    /// The UUID's 16 bytes.
    public var bytes: [UInt8] {
        UUID(uuidString: description).map { uuid in withUnsafeBytes(of: uuid.uuid) { Array($0) } } ?? []
    }
}

/// What a locator gives access to.
public enum LocatorKind: String, Sendable, Hashable, Codable, CaseIterable {
    case streaming
    case sas
}

/// A permission of an access policy.
public enum AccessPermission: String, Sendable, Hashable, Codable, CaseIterable {
    case read
    case write
    case list
    case delete
}

/// Permissions and a duration that many locators share.
public struct AccessPolicy: Sendable, Hashable, Codable {
    @Exact public var name: String
    public var permissions: Set<AccessPermission>
    /// In seconds, from a locator's start.
    public var duration: Int

    public init(name: String, permissions: Set<AccessPermission>, duration: Int) {
        self.name = name
        self.permissions = permissions
        self.duration = duration
    }
}

/// A published, revocable, time-bounded address of an asset.
public struct Locator: Sendable, Hashable {
    public var id: LocatorID
    public var kind: LocatorKind
    /// The asset's name.
    @Exact public var asset: String
    @Exact public var accessPolicy: String
    /// The delivery policies, by name, that rule what leaves through this locator. None: nothing does.
    @Exact public var deliveryPolicies: [String]
    /// The filters, by name, that every manifest of this locator is shown through.
    @Exact public var filters: [String]
    public var start: Date
    public var end: Date
    public var isRevoked: Bool

    public init(
        id: LocatorID, kind: LocatorKind, asset: String, accessPolicy: String, deliveryPolicies: [String],
        start: Date, end: Date, isRevoked: Bool = false, filters: [String] = []
    ) {
        self.id = id
        self.kind = kind
        self.asset = asset
        self.accessPolicy = accessPolicy
        self.deliveryPolicies = deliveryPolicies
        self.filters = filters
        self.start = start
        self.end = end
        self.isRevoked = isRevoked
    }

    /// Whether the locator answers at a time.
    public func isOpen(at now: Date) -> Bool {
        !isRevoked && start <= now && now < end
    }
}
