import AssetFiles
import Catalog
import ContentKeys
public import Foundation
import MediaStorage

/// Makes an asset without media: originals can be sent into it, and versions encoded.
public struct CreateAsset: OperatorVerb {
    public var name: String
    /// The storage account that its files go to; nil for one by weight.
    public var account: String?

    public init(name: String, account: String? = nil) {
        self.name = name
        self.account = account
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var created: Date
        public var storageAccount: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard AssetRecord.isName(name) else {
            throw OperatorError(.invalid, "\(name.quoted) cannot name an asset: letters, digits, '.', '_', '-'")
        }
        let key = try await context.makeKey(.storage, .random(), nil)
        let choice = account.map { StorageChoice.only(StorageAccounts.account(named: $0)) } ?? .any
        let place: String?
        do {
            if let storage = context.assets?.storage {
                place = try await DiskLook.run { try storage.place(name, choice, size: 0) }
            } else {
                place = nil
            }
        } catch let error as MediaStorageError where account != nil {
            throw OperatorError(.invalid, error.reason)
        }
        let asset = AssetRecord(name: name, created: context.now(), storageKey: key.keyID, storageAccount: place)
        try await context.catalog.apply([
            .insertContentKey(key), .insertAsset(asset), .audit(context.event(.assetCreated, detail: name)),
        ])
        return Report(name: name, created: asset.created, storageAccount: StorageAccounts.text(place))
    }
}
