public import Backups
public import Catalog
public import Foundation

/// A kind of long work that goes on in the server when nobody waits for it.
public enum OperationKind: String, Codable, Sendable, Hashable, CaseIterable {
    case backup
    case kekRotation
    case verification

    /// The least role that may begin it, see what came of it, and cancel it.
    public var role: AdminRole {
        switch self {
        case .backup, .kekRotation: .keyAdmin
        case .verification: .operator
        }
    }

    /// How many of it may be under way at once: each reads or writes as fast as a disk can.
    var maximumRunning: Int {
        switch self {
        case .backup, .kekRotation: 1
        case .verification: 2
        }
    }

    /// Whether who asks for another one is given the one that is under way.
    var isJoined: Bool { self == .kekRotation }
}

/// Long work: how far it is, and how it ended. The server keeps it in memory: one that ended with its server is not
/// there any more.
public struct OperationReport: Codable, Sendable {
    public enum State: String, Codable, Sendable, CaseIterable {
        case running
        case finished
        case error
        case canceled

        public var isFinal: Bool { self != .running }
    }

    public var id: String
    public var kind: OperationKind
    /// The name of the backup, or of the only asset that is verified.
    public var subject: String?
    /// Who began it.
    public var actor: String
    public var state: State
    /// True from when somebody asked it to end until it has; absent otherwise.
    public var canceling: Bool?
    /// From 0 to 1.
    public var progress: Double
    public var begun: Date
    public var ended: Date?
    /// Once it finished; not in lists, and not for whom the role of its kind is too much.
    public var result: OperationResult?
    /// A code of `OperatorError`.
    public var errorCode: String?
    /// Why it ended in error; as `result`.
    public var error: String?

    /// Without what came of it.
    var outline: OperationReport {
        var outline = self
        (outline.result, outline.error) = (nil, nil)
        return outline
    }
}

/// What came of an operation: of the one member that its kind has.
public struct OperationResult: Codable, Sendable {
    public var backup: BackupResult?
    public var kekRotation: KEKRotationResult?
    public var verification: VerifyAssets.Report?

    public init(
        backup: BackupResult? = nil, kekRotation: KEKRotationResult? = nil, verification: VerifyAssets.Report? = nil
    ) {
        self.backup = backup
        self.kekRotation = kekRotation
        self.verification = verification
    }
}

/// A backup that was made.
public struct BackupResult: Codable, Sendable {
    /// What the backup says of itself.
    public var manifest: BackupManifest
    /// Versions and originals that were not copied again.
    public var unchanged: Int
    /// Media of the site that was missing or damaged.
    public var defects: [FileDefect]

    public init(_ outcome: BackupOutcome) {
        manifest = outcome.manifest
        unchanged = outcome.unchanged
        defects = outcome.defects
    }
}

/// A rotation that came to its end.
public struct KEKRotationResult: Codable, Sendable {
    /// The version that everything is wrapped under.
    public var version: Int
    /// False when a rotation that was under way was continued.
    public var isNew: Bool
    public var rewrapped: Int
    /// How much is left under older versions.
    public var remaining: Int
    /// What does not open: the first ones, in words.
    public var failures: [String]
}
