/// A picture at which decoding can start: a segment of an I-frame playlist.
public struct PresentedKeyFrame: Sendable, Hashable {
    /// Which of the track's segments holds it.
    public var segment: Int
    /// When it is shown, in the track's timescale.
    public var presentationTime: Int64
    /// Where it lies in the segment; of an encrypted segment as in the clear one (RFC 8216, 6.3.6).
    public var bytes: Range<Int>
    /// Its decode time, where it is an object of its own: of a segment whose bytes find their places when they are encrypted.
    public var ownTime: UInt64?

    public init(segment: Int, presentationTime: Int64, bytes: Range<Int>, ownTime: UInt64? = nil) {
        self.segment = segment
        self.presentationTime = presentationTime
        self.bytes = bytes
        self.ownTime = ownTime
    }

    /// How many bits are loaded for it: of an object of its own about, with tables, stuffing and emulation prevention, which are
    /// known when it is made.
    var bitCount: UInt64 {
        let count = UInt64(bytes.count)
        return (ownTime == nil ? count : count + count / 64 + 18 * 188) * 8
    }
}

extension PresentedTrack {
    /// From each key frame to the next one, from the last to the end of the track, in microseconds. None is zero, which
    /// players take for a defect.
    var keyFrameDurations: [UInt64] {
        guard let last = segments.last else { return [] }
        let ends = keyFrames.dropFirst().map(\.presentationTime) + [Int64(clamping: last.start + last.duration)]
        return zip(keyFrames, ends).map { max(1000, microseconds(UInt64(clamping: $1 - $0.presentationTime))) }
    }

    func checkKeyFrames() throws(PresentationError) {
        guard !keyFrames.isEmpty else { throw error("there is no key frame to list") }
        var last: (segment: Int, time: Int64, end: Int)?
        for frame in keyFrames {
            guard segments.indices.contains(frame.segment), !frame.bytes.isEmpty, frame.bytes.lowerBound >= 0,
                abs(frame.presentationTime) <= 1 << 62
            else { throw error("a key frame lies in no segment") }
            if let last {
                guard frame.presentationTime > last.time, frame.segment >= last.segment,
                    frame.segment > last.segment || frame.bytes.lowerBound >= last.end
                else { throw error("key frames are not in order") }
            }
            last = (frame.segment, frame.presentationTime, frame.bytes.upperBound)
        }
    }
}
