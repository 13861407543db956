public import ContentKeys
public import Foundation

/// The identifier of a file of an asset: a UUID in lower case.
public struct AssetFileID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init() {
        rawValue = UUID().uuidString.lowercased()
    }

    public var description: String { rawValue }
}

/// How far an original has come.
public enum AssetFileState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Its bytes are still arriving.
    case uploading
    /// All its bytes are here, and nothing may use them yet.
    case quarantine
    /// It may be used.
    case ready
    /// It was refused for good.
    case rejected
}

/// A file of an asset as somebody gave it, apart from the versions that are made of it: an original.
public struct AssetFileRecord: Sendable, Hashable {
    public var id: AssetFileID
    public var asset: String
    /// Unique within the asset; as `isName` allows.
    public var name: String
    public var contentType: String
    /// In bytes.
    public var size: UInt64
    /// SHA-256 of the content: what was said when the upload began, or what was found when it ended.
    public var digest: [UInt8]?
    public var state: AssetFileState
    /// Why it is in quarantine or rejected, for operators.
    public var reason: String?
    /// What its parts are encrypted under; nil for parts in the clear.
    public var storageKey: KeyID?
    /// In order; none until all bytes are here.
    public var parts: [OriginalPart]
    public var created: Date
    public var changed: Date

    public init(
        id: AssetFileID, asset: String, name: String, contentType: String, size: UInt64, digest: [UInt8]?,
        state: AssetFileState, reason: String? = nil, storageKey: KeyID?, parts: [OriginalPart] = [], created: Date,
        changed: Date
    ) {
        self.id = id
        self.asset = asset
        self.name = name
        self.contentType = contentType
        self.size = size
        self.digest = digest
        self.state = state
        self.reason = reason
        self.storageKey = storageKey
        self.parts = parts
        self.created = created
        self.changed = changed
    }
}

/// Bytes of an original that were written one after the other under one nonce. What was cut off is never written again
/// under the same nonce: it goes on in a new part.
public struct OriginalPart: Sendable, Hashable, Codable {
    /// Its name in storage: a UUID in lower case.
    public var id: String
    /// In bytes.
    public var size: UInt64
    /// Of these bytes alone under the file's storage key.
    public var nonce: UInt64
    /// SHA-256 of the tags; nil until they are made.
    public var tagsDigest: [UInt8]?
    /// Where it is stored; nil for the default account.
    public var storageAccount: String?

    public init(
        id: String, size: UInt64, nonce: UInt64, tagsDigest: [UInt8]? = nil, storageAccount: String? = nil
    ) {
        self.storageAccount = storageAccount
        self.id = id
        self.size = size
        self.nonce = nonce
        self.tagsDigest = tagsDigest
    }
}

/// An original as the input of a job: `asset:NAME/FILE`.
public struct OriginalReference: Sendable, Hashable {
    public var asset: String
    public var file: String

    /// Nil for a text of another form: the path of a file.
    public init?(_ text: String) {
        guard text.hasPrefix("asset:") else { return nil }
        let names = text.dropFirst(6).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard names.count == 2, AssetRecord.isName(names[0]), AssetFileRecord.isName(names[1]) else { return nil }
        (asset, file) = (names[0], names[1])
    }
}

extension AssetFileRecord {
    /// Most parts of a name, and most bytes.
    private static let nameLimits = (parts: 8, bytes: 512)

    /// Whether a text can name a file of an asset: parts with slashes between them, as of a path, each of letters, digits,
    /// `.`, `_`, `-` and `+`, and none starting with `.`. No part of it is a path on any disk.
    public static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= nameLimits.bytes && parts.count <= nameLimits.parts
            && parts.allSatisfy { AssetRecord.isName(String($0).replacing("+", with: "-")) }
    }
}
