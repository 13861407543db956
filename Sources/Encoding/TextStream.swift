import CFFmpeg
import EncoderProtocol
import SubtitleFiles
import TimedText
import TrackOutput

/// A stream of subtitles as a container carries it, read into cues. Styles beyond italics, bold and underline are left out.
/// Owned by one thread.
final class TextStream {
    /// By number in the input.
    let stream: Int
    let language: String
    let role: String
    private let codec: AVCodecID
    private let timeBase: AVRational
    private(set) var cues: [Cue] = []

    /// The kinds of text that are read; pictures of text are not.
    private static let known = [
        AV_CODEC_ID_MOV_TEXT, AV_CODEC_ID_SUBRIP, AV_CODEC_ID_TEXT, AV_CODEC_ID_ASS, AV_CODEC_ID_SSA,
        AV_CODEC_ID_WEBVTT,
    ]

    /// Nil for a stream that is no text.
    init?(_ input: InputFile, stream index: Int) throws {
        let stream = try input.stream(index)
        guard let parameters = stream.codecpar, Self.known.contains(parameters.pointee.codec_id) else { return nil }
        self.stream = index
        codec = parameters.pointee.codec_id
        timeBase = stream.time_base
        language = try input.language(of: index)
        if stream.disposition & AV_DISPOSITION_FORCED != 0 {
            role = "forced"
        } else {
            role = stream.disposition & AV_DISPOSITION_HEARING_IMPAIRED != 0 ? "caption" : "subtitle"
        }
    }

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - start: of the part, in seconds of the container.
    ///   - length: of the part, in seconds; nil for the input's end.
    ///   - before: how much of the film lies before the part, in seconds.
    func take(_ packet: UnsafeMutablePointer<AVPacket>, start: Double, length: Double?, before: Double) throws {
        guard packet.pointee.pts != keyway_no_timestamp, let data = packet.pointee.data, packet.pointee.size > 0,
            packet.pointee.size <= TextBounds.segmentSize
        else { return }
        let base = av_q2d(timeBase)
        let begin = Double(packet.pointee.pts) * base - start
        let duration = packet.pointee.duration > 0 ? Double(packet.pointee.duration) * base : 5
        let end = min(begin + duration, length ?? .greatestFiniteMagnitude)
        let bytes = Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)))
        let payload = payload(bytes)
        let first = Self.milliseconds(max(begin, 0) + before)
        let last = Self.milliseconds(end + before)
        guard !payload.isEmpty, first < last else { return }
        guard cues.count < TextBounds.cues else {
            throw EncodingFailure(.limitExceeded, "stream \(stream) has more than \(TextBounds.cues) subtitles")
        }
        let settings = codec == AV_CODEC_ID_WEBVTT ? Self.settings(packet) : ""
        cues.append(Cue(start: first, end: last, settings: settings, payload: payload))
    }

    /// What was read, in the order in which it is shown.
    var subtitles: Subtitles {
        .webVTT(header: "WEBVTT", cues: cues.sorted { ($0.start, $0.end) < ($1.start, $1.end) })
    }

    private static func milliseconds(_ seconds: Double) -> UInt64 {
        UInt64(exactly: (min(max(seconds, 0), 3600 * 1000) * 1000).rounded()) ?? 0
    }

    private func payload(_ bytes: [UInt8]) -> String {
        switch codec {
        case AV_CODEC_ID_MOV_TEXT:
            // The length stands before the text (3GPP TS 26.245, 5.17); styles stand behind it.
            guard bytes.count >= 2 else { return "" }
            let length = Int(bytes[0]) << 8 | Int(bytes[1])
            return Self.plain(String(decoding: bytes.dropFirst(2).prefix(length), as: UTF8.self))
        case AV_CODEC_ID_ASS, AV_CODEC_ID_SSA:
            // Nine fields, of which the text is the last.
            let fields = String(decoding: bytes, as: UTF8.self).split(
                separator: ",", maxSplits: 8, omittingEmptySubsequences: false)
            return fields.count == 9 ? Self.plain(Self.withoutOverrides(fields[8])) : ""
        case AV_CODEC_ID_WEBVTT:
            return Self.tagged(String(decoding: bytes, as: UTF8.self))
        default:
            // SubRip: the tags of HTML, and no escapes.
            return Self.tagged(String(decoding: bytes, as: UTF8.self).replacing("&", with: "&amp;"))
        }
    }

    private static func lines(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\0", with: "")
    }

    private static func plain(_ text: String) -> String { CueRun.payload(of: [CueRun(lines(text))]) }

    private static func tagged(_ text: String) -> String { CueRun.payload(of: CueRun.runs(of: lines(text))) }

    /// Text of ASS without what stands in braces.
    private static func withoutOverrides(_ text: Substring) -> String {
        var plain = ""
        var isInside = false
        for character in text {
            switch character {
            case "{": isInside = true
            case "}" where isInside: isInside = false
            default: if !isInside { plain.append(character) }
            }
        }
        return plain.replacing("\\N", with: "\n").replacing("\\n", with: "\n").replacing("\\h", with: " ")
    }

    private static func settings(_ packet: UnsafeMutablePointer<AVPacket>) -> String {
        var size = 0
        guard let data = av_packet_get_side_data(packet, AV_PKT_DATA_WEBVTT_SETTINGS, &size), size > 0, size <= 512
        else {
            return ""
        }
        let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
        return text.contains("-->") || text.contains(where: \.isNewline) ? "" : text
    }
}
