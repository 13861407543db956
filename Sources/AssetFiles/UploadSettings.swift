public import Catalog
public import Foundation

/// What uploads may take.
public struct UploadSettings: Sendable, Hashable {
    /// Of all originals together, in bytes, with what was promised to those that are arriving; nil for no limit.
    public var quota: UInt64?
    /// How many originals an asset may have, with those that are arriving.
    public var filesPerAsset: Int
    /// Of one upload, in bytes.
    public var sizeLimit: UInt64
    /// How long an upload is kept that does not go on, in seconds.
    public var expiry: TimeInterval
    /// Whether originals are encrypted in storage.
    public var isEncrypted: Bool

    public init(
        quota: UInt64? = 1 << 40, filesPerAsset: Int = 1000, sizeLimit: UInt64 = 256 << 30,
        expiry: TimeInterval = 7 * 86_400, isEncrypted: Bool = true
    ) {
        self.filesPerAsset = filesPerAsset
        self.quota = quota
        self.sizeLimit = sizeLimit
        self.expiry = expiry
        self.isEncrypted = isEncrypted
    }
}

/// What somebody wants to send.
public struct UploadRequest: Sendable, Hashable {
    public enum Role: Sendable, Hashable {
        /// Bytes that become a file of that name.
        case whole(name: String)
        /// Bytes that a later upload makes a file of.
        case partial
        /// A file of that name, of what complete partial uploads brought, in this order.
        case final(name: String, of: [UploadID])
    }

    public var asset: String
    public var role: Role
    /// In bytes; of a final upload it follows from its parts.
    public var length: UInt64
    public var contentType: String
    /// SHA-256 of the content, to be checked when all of it is here.
    public var digest: [UInt8]?
    /// `Upload-Metadata`, kept as it is.
    public var metadata: String
    /// Nil for what is configured.
    public var isEncrypted: Bool?
    /// Whether the bytes are encrypted already, under a key of the file: see `SealedUpload`.
    public var isSealed: Bool
    /// That key, sealed; of partial uploads it comes with the final one.
    public var sealedKey: [UInt8]?
    /// What its sender knows the upload by: the same request again, after an answer that was not heard, is answered with the
    /// upload that the first one began. Of an upload that bytes are sent to: what joins several is asked for again by its name.
    public var attempt: String?

    public init(
        asset: String, role: Role, length: UInt64, contentType: String = "application/octet-stream",
        digest: [UInt8]? = nil, metadata: String = "", isEncrypted: Bool? = nil, isSealed: Bool = false,
        sealedKey: [UInt8]? = nil, attempt: String? = nil
    ) {
        self.asset = asset
        self.role = role
        self.length = length
        self.contentType = contentType
        self.digest = digest
        self.metadata = metadata
        self.isEncrypted = isEncrypted
        self.isSealed = isSealed
        self.sealedKey = sealedKey
        self.attempt = attempt
    }
}
