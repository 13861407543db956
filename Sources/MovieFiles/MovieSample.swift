/// A sample as the tables of a file tell of it, in decode order.
struct MovieSample: Sendable, Hashable {
    /// Where its bytes start in the file.
    var offset: UInt64
    /// In bytes; at least 1.
    var size: UInt32
    /// From the start of the track's media, in its timescale.
    var decodeTime: Int64
    /// To the decode time of the next one.
    var duration: UInt32
    /// Presentation time less decode time.
    var compositionOffset: Int32
    var isSync: Bool

    /// In the timescale of the media, before any edit list.
    var mediaTime: Int64 { decodeTime + Int64(compositionOffset) }
}

/// Bounds that no honest file meets; below them sums of a few times cannot overflow.
enum MovieBounds {
    /// Of times in any timescale.
    static let time: Int64 = 1 << 60
    /// Of samples in a track: more than a day of video at 60 frames a second.
    static let samples = 1 << 23
    /// Of tracks in a file.
    static let tracks = 64
    /// Of one sample, in bytes.
    static let sampleSize: UInt32 = 1 << 28
    /// Of one segment, in bytes.
    static let segmentSize: UInt64 = 1 << 30
}
