import Catalog
import ContentKeys
public import Foundation

/// Makes an asset without media: originals can be sent into it, and versions encoded.
public struct CreateAsset: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var created: Date
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard AssetRecord.isName(name) else {
            throw OperatorError(.invalid, "\(name.quoted) cannot name an asset: letters, digits, '.', '_', '-'")
        }
        let key = try await context.makeKey(.storage, .random(), nil)
        let asset = AssetRecord(name: name, created: context.now(), storageKey: key.keyID)
        try await context.catalog.apply([
            .insertContentKey(key), .insertAsset(asset), .audit(context.event(.assetCreated, detail: name)),
        ])
        return Report(name: name, created: asset.created)
    }
}
