import Foundation
import Policies

/// Delivers a disabled key again.
public struct EnableKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        try await context.keyOperations().setEnabled(true, name, at: context.now())
    }
}

/// Gives a key to nobody until it is enabled again.
public struct DisableKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        try await context.keyOperations().setEnabled(false, name, at: context.now())
    }
}

/// Puts a key out of use, and has it removed after a waiting period.
public struct DeleteKey: OperatorVerb {
    /// The key's id or name.
    public var name: String
    /// How long to wait, as `30d`; nil for seven days.
    public var after: String?

    public init(name: String, after: String? = nil) {
        self.name = name
        self.after = after
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        let period = try after.map { text in
            try FieldChecks.about("after") {
                guard let seconds = DurationText.seconds(text) else {
                    throw OperatorError(
                        .invalid, "the waiting period is a duration, as 12h or 30d, not \(text.quoted)")
                }
                return seconds
            }
        }
        return try await context.keyOperations().scheduleDeletion(
            name, after: period ?? KeyOperations.defaultWaitingPeriod, at: context.now())
    }
}

/// Removes a key at once, for good.
public struct RemoveKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        try await context.keyOperations().deleteNow(name, at: context.now())
    }
}

/// Keeps a key that waits for its deletion.
public struct RestoreKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        try await context.keyOperations().restore(name, at: context.now())
    }
}

/// Gives new asset versions a new key in one key's place.
public struct RotateKey: OperatorVerb {
    /// The key's id or name.
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyRotationsReport {
        KeyRotationsReport(rotations: [try await context.keyOperations().rotate(name, at: context.now())])
    }
}

/// Gives new versions of an asset new keys.
public struct RotateAssetKeys: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> KeyRotationsReport {
        KeyRotationsReport(rotations: try await context.keyOperations().rotate(asset: name, at: context.now()))
    }
}

/// The keys that took others' places.
public struct KeyRotationsReport: Codable, Sendable {
    public var rotations: [KeyRotationReport]
}
