public import ISOBaseMedia
import MediaModel

/// A cue within a sample of a `wvtt` track (ISO/IEC 14496-30, 6.6).
public struct SampledCue: Sendable, Hashable {
    /// Tells that cues of neighbouring samples are one.
    public var source: UInt32
    public var cue: Cue
    /// Whether the sample says when the cue begins and ends: only where another segment shows it, too.
    public var isTimed: Bool

    public init(source: UInt32, cue: Cue, isTimed: Bool) {
        self.source = source
        self.cue = cue
        self.isTimed = isTimed
    }
}

/// Samples of `wvtt` tracks: what is on show during a time in which nothing comes or goes.
public enum CueSample {
    /// The user type of the box that says when a cue begins and ends, in milliseconds, where that lies outside of the
    /// segment: the standard has no box for it, and WebVTT segments of HLS want it. Readers skip what they do not know.
    static let timesType: [UInt8] = [
        0x6B, 0x1E, 0x7C, 0x0D, 0x52, 0x8A, 0x4B, 0x3F, 0x9D, 0x27, 0xA1, 0x4F, 0x00, 0x63, 0xE8, 0x91,
    ]

    /// The sample of the cues on show; of none, the one that says so.
    public static func bytes(_ cues: [SampledCue]) -> [UInt8] {
        guard !cues.isEmpty else { return ContainerBox("vtte", []).serialized() }
        return cues.flatMap { sampled in
            var children: [any Box] = []
            var source = ByteOutput(capacity: 4)
            source.uint32(sampled.source)
            children.append(OpaqueBox("vsid", payload: source.bytes))
            if !sampled.cue.identifier.isEmpty {
                children.append(OpaqueBox("iden", payload: Array(sampled.cue.identifier.utf8)))
            }
            if !sampled.cue.settings.isEmpty {
                children.append(OpaqueBox("sttg", payload: Array(sampled.cue.settings.utf8)))
            }
            children.append(OpaqueBox("payl", payload: Array(sampled.cue.payload.utf8)))
            if sampled.isTimed {
                var times = ByteOutput(capacity: 32)
                for byte in timesType { times.uint8(byte) }
                times.uint64(sampled.cue.start)
                times.uint64(sampled.cue.end)
                children.append(OpaqueBox("uuid", payload: times.bytes))
            }
            return ContainerBox("vttc", children).serialized()
        }
    }

    /// The first lines of the WebVTT file, of the boxes in a sample entry; nil when they are not said.
    public static func configuration(_ bytes: [UInt8]) throws(BoxError) -> [UInt8]? {
        try BoxParser.parse(bytes).map(\.box).first { $0.type == "vttC" }.flatMap { ($0 as? OpaqueBox)?.payload }
    }

    /// The cues of a sample.
    ///
    /// - Parameters:
    ///   - start: of the sample, in milliseconds; cues that do not say their own times have these.
    ///   - end: of the sample.
    /// - Throws: `BoxError` for what is no such sample.
    public static func cues(of bytes: [UInt8], start: UInt64, end: UInt64) throws(BoxError) -> [SampledCue] {
        var cues: [SampledCue] = []
        for box in try BoxParser.parse(bytes).map(\.box) where box.type == "vttc" {
            guard let content = box as? OpaqueBox else { throw BoxError(.invalid("a cue without content")) }
            guard cues.count < TextBounds.simultaneous else { throw BoxError(.tooMany("cues")) }
            cues.append(try cue(content.payload, start: start, end: end))
        }
        return cues
    }

    private static func cue(_ bytes: [UInt8], start: UInt64, end: UInt64) throws(BoxError) -> SampledCue {
        var sampled = SampledCue(source: 0, cue: Cue(start: start, end: end, payload: ""), isTimed: false)
        for box in try BoxParser.parse(bytes).map(\.box) {
            guard let payload = (box as? OpaqueBox)?.payload else { continue }
            switch box.type {
            case "vsid":
                var input = ByteInput(payload)
                sampled.source = try input.uint32()
            case "iden": sampled.cue.identifier = line(payload)
            case "sttg": sampled.cue.settings = line(payload)
            case "payl": sampled.cue.payload = text(payload)
            case "uuid" where payload.count == 32 && Array(payload.prefix(16)) == timesType:
                var input = ByteInput(Array(payload.dropFirst(16)))
                let times = (try input.uint64(), try input.uint64())
                guard times.0 < times.1, times.1 <= TextBounds.duration else {
                    throw BoxError(.invalid("a cue's times"))
                }
                (sampled.cue.start, sampled.cue.end) = times
                sampled.isTimed = true
            default: break
            }
        }
        return sampled
    }

    /// One line; what would end it is a space, and so is an arrow, which would make times of it.
    private static func line(_ bytes: [UInt8]) -> String {
        withoutArrows(String(decoding: bytes.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self), " ")
    }

    /// Lines without empty ones between them, and without an arrow, which begins another cue.
    private static func text(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
        return withoutArrows(text.split(whereSeparator: \.isNewline).joined(separator: "\n"), "--&gt;")
    }

    /// By scalars, as players read: an arrow with a combining mark behind it is another character, and an arrow.
    private static func withoutArrows(_ text: String, _ other: String) -> String {
        String(text.unicodeScalars.replacing("-->".unicodeScalars, with: other.unicodeScalars))
    }
}
