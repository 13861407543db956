public import NIOCore

/// How much and how long one connection may ask of the server, before anything of it is looked at.
public struct ConnectionLimits: Sendable, Hashable {
    /// A head has to be there this long after its first byte, or after the connection was opened.
    public var headTime = TimeAmount.seconds(10)
    /// A body has to go on within this time.
    public var bodyTime = TimeAmount.seconds(30)
    /// And it has to come at this many bytes a second, all in all, but for that time.
    public var bodyRate = 500
    /// How long a connection without a request is kept.
    public var idleTime = TimeAmount.seconds(75)
    /// How long a reader may take over what was written at once: a whole segment, on a slow line.
    public var writeTime = TimeAmount.minutes(5)
    /// One header field, or the URL, in bytes: a token of 16 KiB and its name fit.
    public var fieldSize = 24 << 10
    /// The URL and all header fields, in bytes.
    public var headSize = 48 << 10
    public var fieldCount = 100
    /// Connections at once on a listener.
    public var connections = 20_000

    public init() {}
}
