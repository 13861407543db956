import AzureImport
import ISOBaseMedia
import MediaModel
import TimedText
import TrackCodecs
import TransportStream

extension Fuzzed {
    /// The server's manifest, and behind it a client's.
    static func readManifests(_ bytes: [UInt8]) {
        var parts = Parts(bytes)
        guard let first = parts.next() else { return }
        let client = try? ClientManifest(Array(parts.rest))
        guard var server = try? ServerManifest(first) else { return }
        if let client { _ = server.complete(from: client) }
        let files = server.sources.map(\.file) + [server.clientManifest].compactMap { $0 }
        for file in files {
            // Files beside the manifest are opened by these names.
            precondition(
                !file.isEmpty && file != "." && file != ".." && !file.utf8.contains { [0, 0x2F, 0x5C].contains($0) })
        }
        precondition(Set(server.sources.map(\.file)).count == server.sources.count, "a file is listed twice")
        for track in server.sources.flatMap(\.tracks) {
            precondition(track.language.map(LanguageTag.isTag) ?? true, "a language is none")
            precondition(track.label.map(TrackDescription.isLabel) ?? true, "a label is none")
        }
    }

    /// Parts: the sample entry, then samples, of which every four are a segment.
    static func readStreams(_ bytes: [UInt8]) {
        var parts = Parts(bytes)
        guard let entry = parts.next(), let box = try? BoxParser.parse(entry).first?.box,
            let codec = try? TrackCodec(box)
        else { return }
        var samples: [[UInt8]] = []
        while samples.count < 64, let sample = parts.next() {
            if !sample.isEmpty { samples.append(sample) }
        }
        guard let index = index(of: samples, codec), let track = try? TransportStreamTrack(index: index) else { return }
        var first = 0
        for segment in 0..<index.segmentCount {
            let count = index.segment(segment).sampleCount
            let media = Array(samples[first..<first + count])
            writeClear(track, segment, media.flatMap { $0 })
            writeProtected(track, segment, samples, keyFrame: nil)
            writeProtected(track, segment, samples, keyFrame: first)
            first += count
        }
    }

    private static func index(of samples: [[UInt8]], _ codec: TrackCodec) -> TrackIndex? {
        let description = TrackDescription(
            name: "track", kind: codec.kind, codec: codec.configuration, timescale: 1000, averageBitrate: 1,
            peakBitrate: 1,
            video: VideoFormat(width: 64, height: 64, frameRateNumerator: 25, frameRateDenominator: 1),
            audio: AudioFormat(sampleRate: 48_000, channelCount: 2))
        var builder = TrackIndexBuilder()
        var (offset, time) = (0 as UInt64, 0 as UInt64)
        for start in stride(from: 0, to: samples.count, by: 4) {
            var new: [TrackIndexBuilder.NewSample] = []
            for number in start..<min(start + 4, samples.count) {
                let size = samples[number].count
                new.append(
                    .init(
                        offset: offset, size: UInt32(size), duration: UInt32(size % 200) + 1,
                        compositionOffset: Int32(size % 5) * 40 - 80, isSync: number % 4 == 0, subsamples: []))
                offset += UInt64(size)
            }
            builder.addSegment(decodeTime: time, samples: new)
            time += new.reduce(0) { $0 + UInt64($1.duration) }
        }
        return (try? builder.encode(description: description, mediaSize: offset)).flatMap {
            try? TrackIndex(validating: $0)
        }
    }

    /// In pieces: what is planned is what is written.
    private static func writeClear(_ track: TransportStreamTrack, _ segment: Int, _ media: [UInt8]) {
        guard let plan = try? TransportStreamPlan(track: track, segment: segment) else { return }
        precondition(plan.mediaByteCount == media.count, "a plan is of other media")
        var writer = TransportStreamWriter(plan)
        var output = PacketBuffer()
        do {
            var rest = media[...]
            for step in [1, 2, 3, 5, 7, 191] where !rest.isEmpty {
                try writer.write(Array(rest.prefix(step)), into: &output)
                rest = rest.dropFirst(step)
            }
            try writer.write(Array(rest), into: &output)
            try writer.finish(into: &output)
        } catch { return }
        precondition(output.count == plan.byteCount, "a segment is not of its size")
        for frame in plan.keyFrames {
            precondition(frame.bytes.upperBound <= plan.byteCount, "a key frame lies outside")
        }
    }

    /// With the ciphertext that looks most like start codes.
    private static func writeProtected(
        _ track: TransportStreamTrack, _ segment: Int, _ samples: [[UInt8]], keyFrame: Int?
    ) {
        guard var writer = try? ProtectedStreamWriter(track: track, segment: segment, keyFrame: keyFrame) else {
            return
        }
        var output = PacketBuffer()
        do {
            while let next = writer.next {
                try writer.write(samples[next].flatMap { $0 }, into: &output) { unit, _ in
                    for position in unit.indices where position >= 16 { unit[position] = 0 }
                }
            }
        } catch { return }
        precondition(output.count % 188 == 0, "a segment ends within a packet")
    }

    /// Parts: samples, each of a second.
    static func readCues(_ bytes: [UInt8]) {
        var parts = Parts(bytes)
        var time: UInt64 = 1000
        var shown: [[SampledCue]] = []
        while let sample = parts.next() {
            var document = sample
            MarkupTimes.rebase(&document, to: time)
            precondition(document.count == sample.count, "a document changes its size")
            guard let cues = try? CueSample.cues(of: sample, start: time, end: time + 1000) else { return }
            shown.append(cues)
            time += 1000
        }
        let joined = CueSegments.joined(shown)
        let text = WebVTTSegment.text(header: "WEBVTT", cues: joined, clock: 0)
        // Whatever a cue holds, it makes no other cue.
        precondition(arrows(in: text) == joined.count, "a cue holds another")
        for cue in joined { precondition(cue.start < cue.end, "a cue ends before it begins") }
    }

    private static func arrows(in text: String) -> Int {
        let bytes = Array(text.utf8)
        return bytes.indices.dropLast(2).count { bytes[$0] == 0x2D && bytes[$0 + 1] == 0x2D && bytes[$0 + 2] == 0x3E }
    }
}
