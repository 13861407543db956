import Catalog
import ContentKeys
public import Foundation

/// Shows the versions of the key-encryption key, where they are, and how much is wrapped under each.
public struct ShowKEKs: OperatorVerb {
    public init() {}

    /// One version.
    public struct Version: Codable, Sendable {
        public enum State: String, Codable, Sendable, CaseIterable {
            /// New keys are wrapped under it.
            case current
            /// As `current`; not everything is wrapped under it yet.
            case rotating
            /// Something may be wrapped under it.
            case old
            /// Nothing is wrapped under it, and its key lies no more in its place.
            case away
            case retired
        }

        public var version: Int
        public var provider: String
        public var place: String
        public var state: State
        public var created: Date
        public var rotated: Date?
        public var retired: Date?
        public var contentKeys: Int
        public var secrets: Int
        public var keySeeds: Int
        /// The audit log's signing key.
        public var auditKeys: Int

        init(_ record: KEKVersionRecord, isCurrent: Bool, usage: KEKUsage?, _ keeper: any KEKKeeper) {
            version = record.version.rawValue
            provider = record.provider.rawValue
            place = keeper.place(of: record)
            created = record.created
            rotated = record.completed
            retired = record.retired
            contentKeys = usage?.contentKeys ?? 0
            secrets = usage?.secrets ?? 0
            keySeeds = usage?.keySeeds ?? 0
            auditKeys = usage?.auditKeys ?? 0
            state =
                if record.retired != nil {
                    .retired
                } else if isCurrent {
                    record.completed == nil ? .rotating : .current
                } else {
                    keeper.isThere(record) ? .old : .away
                }
        }
    }

    public struct Report: Codable, Sendable {
        /// Where new versions are made.
        public var provider: String
        public var versions: [Version]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let keeper = try context.kekKeeper()
        let records = try await context.catalog.kekVersions()
        let usage = try await context.catalog.kekUsage()
        return Report(
            provider: keeper.provider.rawValue,
            versions: records.map { record in
                Version(
                    record, isCurrent: record.version == records.last?.version,
                    usage: usage.first { $0.version == record.version }, keeper)
            })
    }
}

/// Starts a rotation, or joins the one that is under way.
public struct RotateKEK: LongVerb {
    public static let kind = OperationKind.kekRotation

    public init() {}

    public func run(in context: OperatorContext) async throws -> KEKRotationProgress {
        KEKRotationProgress(try context.operations.begin(order(in: context), actor: context.actor))
    }

    public func order(in context: OperatorContext) throws -> OperationOrder {
        let rotation = KEKRotation(
            catalog: context.catalog, keeper: try context.kekKeeper(), actor: context.actor)
        return OperationOrder(Self.kind) { progress in
            let outcome = try await rotation.rotate { progress(UInt64(clamping: $0), UInt64(clamping: $1)) }
            return OperationResult(kekRotation: KEKRotationResult(outcome))
        }
    }
}

/// Shows how far the rotation is.
public struct ShowKEKRotation: OperatorVerb {
    public init() {}

    public func run(in context: OperatorContext) async throws -> KEKRotationProgress {
        context.operations.latest(.kekRotation).map(KEKRotationProgress.init) ?? KEKRotationProgress(state: .idle)
    }
}

/// Puts the old versions aside that nothing needs.
public struct RetireKEKs: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        public struct Version: Codable, Sendable {
            public var version: Int
            /// What was done with the key, or is to be done.
            public var note: String
        }

        public var retired: [Version]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let retirement = KEKRetirement(
            catalog: context.catalog, keeper: try context.kekKeeper(), actor: context.actor)
        return Report(
            retired: try await retirement.retireOld().map {
                Report.Version(version: $0.version.rawValue, note: $0.note)
            })
    }
}
