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
    /// Objects whose URL holds the asset version.
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
    /// Gives the bytes of a range, in order and in bounded pieces; `sink` returns when the next piece may come, so a slow
    /// reader slows the work and a lost one, by throwing, ends it.
    func write(_ range: Range<UInt64>, to sink: (ArraySlice<UInt8>) async throws -> Void) async throws
}
