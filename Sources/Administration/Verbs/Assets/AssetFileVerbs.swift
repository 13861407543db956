import AssetFiles
import Catalog
import Foundation
import MediaStorage

/// Lists the originals of an asset, in order of name.
public struct ListAssetFiles: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var asset: String
        public var files: [AssetFileReport]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        _ = try await context.asset(named: name)
        return Report(asset: name, files: try await context.reports(on: context.catalog.assetFiles(asset: name)))
    }
}

/// One original of an asset.
public struct ShowAssetFile: OperatorVerb {
    public var name: String
    public var file: String

    public init(name: String, file: String) {
        self.name = name
        self.file = file
    }

    public func run(in context: OperatorContext) async throws -> AssetFileReport {
        try await context.report(on: context.assetFile(name, file))
    }
}

/// Removes an original, whatever its state: the upload of one that is still arriving is ended. Versions that were made of it stay.
public struct DeleteAssetFile: OperatorVerb {
    public var name: String
    public var file: String

    public init(name: String, file: String) {
        self.name = name
        self.file = file
    }

    public func run(in context: OperatorContext) async throws -> AssetFileReport {
        let assets = try context.storedAssets()
        // While it arrives it goes on now and then, and at last it is no upload any more.
        for _ in 0..<Self.attempts {
            let record = try await context.assetFile(name, file)
            let report = try await context.report(on: record)
            do {
                try assets.discard(try await delete(record, in: context))
                return report
            } catch let error as CatalogError where error.code == .changed {
                continue
            }
        }
        throw OperatorError(.inUse, "\(file.quoted) is arriving just now: try again")
    }

    private static let attempts = 20

    /// - Returns: where its bytes lie.
    private func delete(_ record: AssetFileRecord, in context: OperatorContext) async throws -> [OriginalPart] {
        var (changes, parts, detail) = ([CatalogChange](), record.parts, "\(name): \(file)")
        if record.state == .uploading {
            detail += ", which was still arriving"
            if let upload = try await context.catalog.upload(of: record.id) {
                changes = [.require(.upload(upload)), .deleteUpload(upload.id)]
                parts = upload.parts
            }
        }
        try await context.catalog.apply(
            changes + [.deleteAssetFile(record.id), .audit(context.event(.assetFileDeleted, detail: detail))])
        return parts
    }
}

/// Finds originals by their content, so that nobody sends what is there.
public struct FindContent: OperatorVerb {
    /// In hexadecimal digits.
    public var sha256: String

    public init(sha256: String) {
        self.sha256 = sha256
    }

    public struct Report: Codable, Sendable {
        public var sha256: String
        public var files: [AssetFileReport]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let digest = [UInt8](hexDigits: sha256), digest.count == 32 else {
            throw OperatorError(.missing, "no content has that hash: a SHA-256 has 64 hexadecimal digits")
        }
        // What was only said of a file that is still arriving is not known.
        let files = try await context.catalog.assetFiles(digest: digest).filter { $0.state == .ready }
        return Report(sha256: sha256, files: try await context.reports(on: files))
    }
}
