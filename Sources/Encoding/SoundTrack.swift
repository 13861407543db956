import CFFmpeg
import EncoderProtocol
import MediaModel
import TrackOutput

/// A stream of sound of the input on its way to a track. Owned by one thread.
final class SoundTrack {
    let stream: Int
    let decoder: Decoder
    /// Of the track that it becomes.
    let name: String
    private let language: String
    private let role: AudioRole?
    private var graph: FilterGraph?
    private var rendition: AudioRendition?

    var bitrate: Int { AudioRendition.bitrate(decoder.targetChannelCount) }

    /// - Parameters:
    ///   - stream: of the input, by number.
    ///   - names: of the tracks before it.
    init(_ input: InputFile, stream: Int, names: Set<String>) throws {
        self.stream = stream
        decoder = try Decoder(input.stream(stream), threads: 1, kind: "sound")
        language = try input.language(of: stream)
        role = try input.stream(stream).audioRole
        let stem =
            ["audio", language] + (role.map { [$0.rawValue] } ?? [])
            + ["\(AudioRendition.bitrate(decoder.targetChannelCount) / 1000)k"]
        var name = stem.joined(separator: "-")
        var number = 2
        while names.contains(name) {
            name = (stem + ["\(number)"]).joined(separator: "-")
            number += 1
        }
        self.name = name
    }

    /// Begins the track.
    ///
    /// - Parameter number: of the track.
    func begin(number: Int, output: FrameOutput) throws {
        rendition = try AudioRendition(
            name: name, channelCount: decoder.targetChannelCount, language: language, role: role, number: number,
            output: output)
    }

    /// Decodes a packet, or what is left when it is nil.
    ///
    /// - Parameter start: of the presentation, in the stream's time base.
    func decode(_ packet: UnsafeMutablePointer<AVPacket>?, _ stream: AVStream, start: Int64) throws {
        try decoder.decode(packet) { frame in
            if frame.pointee.pts != keyway_no_timestamp {
                frame.pointee.pts = frame.pointee.pts.subtractingOrZero(start)
            }
            if graph == nil {
                graph = try .audio(frame, stream: stream, channelCount: decoder.targetChannelCount)
            }
            try graph?.push(frame) { _, frame in try self.rendition?.encode(frame) }
        }
    }

    func finish() throws {
        try graph?.finish(at: keyway_no_timestamp) { _, frame in try self.rendition?.encode(frame) }
        try rendition?.finish()
    }
}

extension AVStream {
    /// What the container says that sound is for.
    fileprivate var audioRole: AudioRole? {
        if disposition & AV_DISPOSITION_COMMENT != 0 { return .commentary }
        if disposition & (AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DESCRIPTIONS) != 0 { return .description }
        return nil
    }
}

extension InputFile {
    /// RFC 5646 as the container has it, `und` when it has none that is a tag.
    func language(of index: Int) throws -> String {
        guard let entry = av_dict_get(try stream(index).metadata, "language", nil, 0), let value = entry.pointee.value
        else { return "und" }
        let text = String(cString: value).lowercased()
        let isTag = (2...3).contains(text.utf8.count) && text.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        return isTag ? text : "und"
    }
}
