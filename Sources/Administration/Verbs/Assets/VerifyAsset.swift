import AssetFiles
import Catalog
import MediaStorage

/// Reads everything that is stored of an asset through, and says where it is not what was written.
public struct VerifyAsset: LongVerb {
    public var name: String

    public static let kind = OperationKind.verification

    public init(name: String) {
        self.name = name
    }

    public struct Damage: Codable, Sendable {
        /// Nil for an original.
        public var version: Int?
        /// The track, or the original.
        public var name: String
        /// In storage.
        public var file: String
        /// The bytes within which it is, the second one not included; nil for the whole file.
        public var start: UInt64?
        public var end: UInt64?
        public var reason: String
    }

    public struct Report: Codable, Sendable {
        public var asset: String
        public var files: Int
        public var bytes: UInt64
        /// Stored before there were tags: only size and index could be checked.
        public var withoutTags: Int
        public var damage: [Damage]
        /// How many more places are damaged than `damage` lists; nil where it lists all.
        public var moreDamage: Int?
    }

    /// One of the verifications that may be under way at once, as if it had been begun: it reads as much.
    public func run(in context: OperatorContext) async throws -> Report {
        guard let report = try await VerifyAssets(assets: [name]).run(in: context).assets.first else {
            throw OperatorError(.missing, "the asset \(name.quoted) was deleted while it was read")
        }
        return report
    }

    public func order(in context: OperatorContext) async throws -> OperationOrder {
        try await VerifyAssets(assets: [name]).order(in: context)
    }
}

extension VerifyAsset.Report {
    /// Of an asset that could not be looked at to its end: what is not known to be whole counts as damaged.
    init(_ asset: AssetRecord, failure: any Error) {
        self.init(
            asset: asset.name, files: 0, bytes: 0, withoutTags: 0,
            damage: [
                VerifyAsset.Damage(
                    version: nil, name: "", file: "", start: nil, end: nil,
                    reason:
                        "the asset could not be read through: \(OperatorError(meaning: failure)?.message ?? "\(failure)")"
                )
            ])
    }

    init(_ asset: AssetRecord, _ result: AssetVerificationResult) {
        self.init(
            asset: asset.name, files: result.files, bytes: result.bytes, withoutTags: result.withoutTags,
            damage: result.damage.map {
                VerifyAsset.Damage(
                    version: $0.version, name: $0.name, file: $0.damage.file, start: $0.damage.range?.lowerBound,
                    end: $0.damage.range?.upperBound, reason: $0.damage.reason)
            })
    }
}
