public import Foundation

/// What the origin answers: everything that headers need is known before a media byte is read.
public struct OriginObject: Sendable {
    public var contentType: String
    /// In bytes, exact.
    public var size: UInt64
    /// A strong entity tag without quotes: a function of content and policy, equal on every node.
    public var entityTag: String
    public var lastModified: Date
    public var lifetime: CacheLifetime
    public var body: OriginBody

    public init(
        contentType: String, size: UInt64, entityTag: String, lastModified: Date, lifetime: CacheLifetime,
        body: OriginBody
    ) {
        self.contentType = contentType
        self.size = size
        self.entityTag = entityTag
        self.lastModified = lastModified
        self.lifetime = lifetime
        self.body = body
    }
}

/// How long caches may keep an object.
public enum CacheLifetime: Sendable, Hashable {
    /// Manifests: they change with publication.
    case short
    /// Playlists that have a ticket for who shows a token, as everybody else gets them.
    case shortWithoutTicket
    /// Init segments of protected tracks: what they tell protection systems changes with the delivery policy.
    case revisable
    /// Objects whose URL holds the asset version, and that depend on nothing else.
    case immutable
    /// For one viewer: never in a shared cache.
    case session
}

/// The bytes of an object.
public enum OriginBody: Sendable {
    case bytes([UInt8])
    /// Made while it is sent.
    case segment(any SegmentSource)
}

/// A planned segment that can be made any number of times, with the same bytes each time.
public protocol SegmentSource: Sendable {
    /// Begins to make the segment.
    func begin() throws -> any SegmentMaker
}

/// One whose parts can be made without what lies before them.
public protocol SeekableSource: SegmentSource {
    /// Begins to make what lies behind a number of bytes.
    func begin(at offset: UInt64) throws -> any SegmentMaker
}

/// Makes a segment from its start to its end. Used in one step after the other, on any thread.
public protocol SegmentMaker: AnyObject {
    /// Fills the buffer with the next bytes, as many as are finished; none only at the end of the segment.
    ///
    /// - Parameters:
    ///   - buffer: of 64 KiB or more.
    ///   - mayWait: whether the disk may be waited for.
    /// - Returns: nil when it must be, and may not: nothing has happened then.
    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int?
}
