public import EncoderProtocol

/// What one encode may use. Exceeding any of them ends the job in error.
public struct EncodingLimits: Sendable, Hashable {
    /// In seconds, from the child's start.
    public var wallTime: Int
    /// Of all tracks together, in bytes.
    public var output: UInt64
    /// What the child sets on itself.
    public var encoder: EncoderLimits

    public init(
        wallTime: Int = 24 * 3600, output: UInt64 = 256 << 30, encoder: EncoderLimits = EncoderLimits()
    ) {
        self.wallTime = wallTime
        self.output = output
        self.encoder = encoder
    }
}
