import AssetFiles
import Catalog
public import Foundation
import MediaStorage

/// An original of an asset.
public struct AssetFileReport: Codable, Sendable {
    public var id: String
    public var asset: String
    public var name: String
    public var contentType: String
    /// In bytes.
    public var size: UInt64
    /// In hexadecimal digits.
    public var sha256: String?
    /// `uploading`, `quarantine`, `ready` or `rejected`.
    public var state: String
    /// Why it stays in quarantine, or was rejected.
    public var reason: String?
    /// How far its checks are: `checking`, `waiting`, `review`, `passed`, `approved`, `rejected` or `damaged`; nil when there
    /// were none.
    public var checks: String?
    /// Whether it is encrypted in storage.
    public var encrypted: Bool
    /// Where its bytes are; none while they are arriving.
    public var storageAccounts: [String]
    public var created: Date

    init(_ file: AssetFileRecord, _ record: IngestRecord?) {
        id = file.id.rawValue
        asset = file.asset
        name = file.name
        contentType = file.contentType
        size = file.size
        sha256 = file.digest?.hexDigits
        state = file.state.rawValue
        reason = file.reason
        checks = record?.state.rawValue
        encrypted = file.storageKey != nil
        storageAccounts = Set(file.parts.map { StorageAccounts.text($0.storageAccount) }).sorted()
        created = file.created
    }
}

extension OperatorContext {
    func report(on file: AssetFileRecord) async throws -> AssetFileReport {
        AssetFileReport(file, try await catalog.ingestRecord(file.id))
    }

    func reports(on files: [AssetFileRecord]) async throws -> [AssetFileReport] {
        var reports: [AssetFileReport] = []
        for file in files { reports.append(try await report(on: file)) }
        return reports
    }

    func assetFile(_ asset: String, _ name: String) async throws -> AssetFileRecord {
        guard let file = try await catalog.assetFile(asset: asset, name: name) else {
            throw OperatorError(
                .missing, "asset \(asset.quoted) has no file \(name.quoted); 'keyway asset file list' lists them")
        }
        return file
    }
}
