import Catalog
public import Foundation

/// What `manifest.json` of a backup says.
public struct BackupManifest: Sendable, Hashable, Codable {
    /// The form of backups that this program writes.
    public static let currentFormat = 2

    /// A key-encryption key that the catalog was made with: to be kept elsewhere.
    public struct KEK: Sendable, Hashable, Codable {
        public var version: Int
        public var provider: String
        /// What shows that a key is this one (`KEK.makeProof`), in hexadecimal digits. Tells nothing of the key.
        public var proof: String
        /// Whether anything in the catalog is wrapped under it: without it, that is lost.
        public var isNeeded: Bool
        public var retired: Date?

        public init(version: Int, provider: String, proof: String, isNeeded: Bool, retired: Date?) {
            self.version = version
            self.provider = provider
            self.proof = proof
            self.isNeeded = isNeeded
            self.retired = retired
        }
    }

    /// The end of the audit log when the backup was taken.
    public struct AuditEnd: Sendable, Hashable, Codable {
        public var record: Int64
        /// In hexadecimal digits; nil of an empty log.
        public var hash: String?
    }

    public var format: Int
    public var id: String
    public var taken: Date
    /// The program's version.
    public var program: String
    public var keks: [KEK]
    public var audit: AuditEnd
    /// The configuration fields that were set: their names, never values.
    public var configuration: [String]
    /// Whether media files are in the backup.
    public var hasMedia: Bool
    public var assets: Int
    public var versions: Int
    /// Files as somebody gave them; nil in backups of form 1, which have none.
    public var originals: Int?
    public var files: Int
    /// Of all media files, in bytes.
    public var bytes: UInt64
}

/// One line of `content.jsonl`: a version of an asset, with its files.
public struct BackedUpVersion: Sendable, Hashable, Codable {
    public struct File: Sendable, Hashable, Codable {
        public var name: String
        /// In bytes; nil for a file that was not there.
        public var size: UInt64?
        /// In hexadecimal digits, of the bytes as they are stored; nil where nobody read them.
        public var sha256: String?
        /// True for a file that was not as the catalog knows it when it was copied; the next backup does not link it.
        public var isDamaged: Bool?
    }

    public var asset: String
    public var version: Int
    /// Names the version's content: an asset that was deleted and made again has another.
    public var identity: String
    public var files: [File]

}

extension BackedUpVersion: BackedUpLine {
    static let what = "version of an asset"

    /// In the order of the lines.
    var place: BackedUpPlace { BackedUpPlace(asset: asset, version: version) }
    var isSound: Bool { version > 0 && AssetRecord.isName(asset) && files.allSatisfy { AssetRecord.isName($0.name) } }
}

/// One line of `originals.jsonl`: a file as somebody gave it, with the files that it is stored in. One that is stored in very
/// many has several lines.
public struct BackedUpOriginal: Sendable, Hashable, Codable {
    public var asset: String
    public var name: String
    /// How many of its parts are in lines before this one; nil for none.
    public var from: Int?
    /// Its parts, and behind each its tags where there are some.
    public var files: [BackedUpVersion.File]
}

extension BackedUpOriginal: BackedUpLine {
    static let what = "original of an asset"

    var place: BackedUpOriginalPlace { BackedUpOriginalPlace(asset: asset, name: name, from: from ?? 0) }
    var isSound: Bool {
        AssetRecord.isName(asset) && AssetFileRecord.isName(name) && (from ?? 1) > 0
            && files.allSatisfy { AssetRecord.isName($0.name) }
    }
}

/// A line of a list of what a backup holds, in the order of its places.
protocol BackedUpLine: Codable {
    associatedtype Place: Comparable
    /// For messages.
    static var what: String { get }
    var place: Place { get }
    /// Whether what becomes paths may.
    var isSound: Bool { get }
}

/// Where in `originals.jsonl` parts of an original are: in order of assets' names, then of its own, byte by byte, then of its
/// parts.
struct BackedUpOriginalPlace: Comparable {
    var asset: String
    var name: String
    var from: Int

    static func < (left: Self, right: Self) -> Bool {
        if left.asset == right.asset, left.name == right.name { return left.from < right.from }
        return left.asset == right.asset
            ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
            : left.asset.utf8.lexicographicallyPrecedes(right.asset.utf8)
    }
}

/// Where in `content.jsonl` a version is: lines are in order of assets' names, byte by byte, then of versions.
struct BackedUpPlace: Comparable {
    var asset: String
    var version: Int

    static func < (left: Self, right: Self) -> Bool {
        left.asset == right.asset
            ? left.version < right.version : left.asset.utf8.lexicographicallyPrecedes(right.asset.utf8)
    }
}

/// JSON as backups have it.
enum BackupJSON {
    static func encode(_ value: some Encodable, pretty: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: data)
    }
}
