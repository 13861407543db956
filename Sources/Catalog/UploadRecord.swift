public import ContentKeys
public import Foundation

/// The identifier of an upload: a UUID in lower case.
public struct UploadID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init() {
        rawValue = UUID().uuidString.lowercased()
    }

    public var description: String { rawValue }
}

/// Bytes on their way into an asset.
public struct UploadRecord: Sendable, Hashable, Codable {
    /// What the bytes become (tus 1.0, Concatenation).
    public enum Role: Sendable, Hashable, Codable {
        /// A file.
        case whole(AssetFileID)
        /// A part of a file that is not known yet.
        case partial
        /// A file made of the bytes of other uploads; it takes none itself.
        case final(AssetFileID, of: [UploadID])
    }

    public var id: UploadID
    public var asset: String
    public var role: Role
    /// In bytes.
    public var length: UInt64
    /// `Upload-Metadata` as it came.
    public var metadata: String
    /// What the bytes are encrypted under in storage; nil for the clear, and for what comes encrypted: nobody, of whatever
    /// version, may encrypt that under its key again, which would undo it. Its file names the key.
    public var storageKey: KeyID?
    /// The last one takes bytes until the upload is complete. Their sizes are what was durable when this was recorded:
    /// what storage holds beyond was never acknowledged.
    public var parts: [OriginalPart]
    public var isComplete: Bool
    /// Whether somebody may have written what is not recorded. Storage cannot tell: after a power cut a file may be as short as
    /// before, and the bytes on the disk all the same.
    public var isWriting: Bool?
    /// Whether the bytes come encrypted, under a key of the file and at places of its key stream that are the sender's to keep
    /// apart: they are stored as they come.
    public var isSealed: Bool?
    /// What its sender knows it by, who may not hear the answer to its first request; nil where none was said.
    public var attempt: String?
    public var created: Date
    /// When it is removed, unless it goes on.
    public var expires: Date

    /// How many bytes have arrived.
    public var offset: UInt64 {
        if case .final = role { return length }
        return parts.reduce(0) { $0 + $1.size }
    }

    public init(
        id: UploadID, asset: String, role: Role, length: UInt64, metadata: String, storageKey: KeyID?,
        parts: [OriginalPart], isComplete: Bool = false, isSealed: Bool? = nil, attempt: String? = nil,
        created: Date, expires: Date
    ) {
        self.id = id
        self.asset = asset
        self.role = role
        self.length = length
        self.metadata = metadata
        self.storageKey = storageKey
        self.parts = parts
        self.isComplete = isComplete
        self.isSealed = isSealed
        self.attempt = attempt
        self.created = created
        self.expires = expires
    }
}
