import CFFmpeg
import EncoderProtocol
import Glibc
import SubtitleFiles
import TimedText
import TrackOutput

/// A file of subtitles beside the film: WebVTT and TTML by our own readers, everything else that is text by FFmpeg's.
enum SideText {
    /// - Parameter start: of the film, in seconds of the file; what lies before is left out.
    /// - Throws: `EncodingFailure` with file and reason.
    static func read(_ file: EncodingInput, start: Double) throws -> Subtitles {
        do throws(SubtitleError) {
            switch SubtitleName(file.name)?.form {
            case .webVTT:
                let read = try WebVTTFile(try bytes(file))
                return Subtitles.webVTT(header: read.header, cues: read.cues).moved(by: move(start))
            case .ttml:
                let read = try TTMLFile(try bytes(file))
                return Subtitles.ttml(read.markup, cues: read.cues).moved(by: move(start))
            case nil: break
            }
        } catch {
            throw EncodingFailure(TextTracks.code(error.code), "\(file.name):\(error.line == nil ? " " : "")\(error)")
        }
        return try demuxed(file, start: start)
    }

    private static func demuxed(_ file: EncodingInput, start: Double) throws -> Subtitles {
        do {
            let input = try InputFile(file)
            guard let index = input.texts.first, let text = try TextStream(input, stream: index) else {
                throw EncodingFailure(.notMedia, "it has no subtitles that are text")
            }
            try input.readPackets { packet in
                if packet.pointee.stream_index == index {
                    try text.take(packet, start: start, length: nil, before: 0)
                }
                return true
            }
            return text.subtitles
        } catch var failure as EncodingFailure {
            failure.message = "\(file.name): \(failure.message)"
            throw failure
        }
    }

    /// A film that begins later in its file shows its text earlier.
    private static func move(_ start: Double) -> Int64 {
        start > 0 ? -(Int64(exactly: (start * 1000).rounded()) ?? 0) : 0
    }

    private static func bytes(_ file: EncodingInput) throws(SubtitleError) -> [UInt8] {
        guard file.size <= Int64(TextBounds.fileSize) else {
            throw SubtitleError(.limitExceeded, "it has more than \(TextBounds.fileSize) bytes")
        }
        let count = Int(file.size)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let part = file.read(into: buffer.baseAddress?.advanced(by: filled), count: count - filled, at: filled)
                guard part > 0 else { return }
                filled += part
            }
        }
        guard bytes.count == count else { throw SubtitleError(.damaged, "it became shorter while it was read") }
        return bytes
    }
}
