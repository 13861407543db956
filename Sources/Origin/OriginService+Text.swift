import Catalog
import Foundation
import ISOBaseMedia
import MediaEncryption
import MediaModel
import MediaStorage
import Policies
import Presentations
import TimedText
import TransportStream

/// Text goes out in the clear under every delivery policy that lets the presentation out at all: players have no key systems
/// for it, and the reference kept it clear. Which tracks a format names depends on the form that its players read.
extension OriginService {
    /// The text tracks of a manifest.
    func presentedTexts(_ request: ManifestRequest, _ version: OpenedVersion) async throws -> [PresentedTrack] {
        var tracks: [PresentedTrack] = []
        for track in version.tracks where request.format.carries(track.record.description) {
            guard let container = request.format.textContainer else { continue }
            let reference = TrackReference(
                presentation: request.presentation, version: version.record.number, encryption: request.plan.encryption,
                times: request.plan.times, container: container, track: track.record.description.name,
                filters: request.filterNames)
            let planned = try await planned(track, version, request.plan)
            tracks.append(presented(planned, reference, from: .manifest, nil, nil))
        }
        return tracks
    }

    /// A segment of WebVTT for HLS, made of the samples of a `wvtt` track.
    func webVTTSegment(
        _ reference: TrackReference, _ decodeTime: UInt64, _ planned: PlannedTrack
    ) throws -> OriginObject {
        try planned.track.check(reference.container)
        let index = planned.track.index
        guard let number = index.segmentIndex(startingAt: decodeTime) else {
            throw OriginError(.timestampNotFound, "No segment starts at this time.")
        }
        let samples = try samples(of: number, planned)
        var time = Milliseconds(index.segment(number).decodeTime, index.description.timescale)
        var shown: [[SampledCue]] = []
        do throws(BoxError) {
            for sample in samples {
                let next = time.adding(sample.duration)
                shown.append(try CueSample.cues(of: sample.bytes, start: time.value, end: next.value))
                time = next
            }
        } catch {
            throw OriginError(.storageFault, "a sample of track \(index.description.name) is no WebVTT: \(error)")
        }
        let isForCMAF = reference.container == .webVTTForCMAF
        let text = WebVTTSegment.text(
            header: String(decoding: index.description.codec.decoderSpecific, as: UTF8.self),
            cues: CueSegments.joined(shown), clock: isForCMAF ? 0 : TransportStreamClock.zero)
        return Self.textObject(
            Array(text.utf8), "text/vtt",
            try EntityTag.of(planned, segment: number, "\(reference.container.rawValue)/\(number)"),
            planned)
    }

    /// A fragment of Smooth Streaming with TTML, whose times count from the fragment's beginning.
    func smoothTextFragment(
        _ number: Int, _ planned: PlannedTrack, _ timing: SmoothTiming
    ) throws -> OriginObject {
        let index = planned.track.index
        let plan = try FragmentPlan(index, segment: number, protection: nil, layout: .smooth(timing))
        var time = Milliseconds(index.segment(number).decodeTime, index.description.timescale)
        var bytes = plan.header()
        for sample in try samples(of: number, planned) {
            var document = sample.bytes
            MarkupTimes.rebase(&document, to: time.value)
            bytes += document
            time = time.adding(sample.duration)
        }
        return Self.textObject(
            bytes, planned.contentType, try EntityTag.of(planned, segment: number, "smooth/\(timing.delay)/\(number)"),
            planned)
    }

    private static func textObject(
        _ bytes: [UInt8], _ contentType: String, _ tag: String, _ planned: PlannedTrack
    ) -> OriginObject {
        OriginObject(
            contentType: contentType, size: UInt64(bytes.count), entityTag: tag,
            lastModified: planned.version.record.created, lifetime: .immutable, body: .bytes(bytes))
    }

    private func samples(of segment: Int, _ planned: PlannedTrack) throws -> [(bytes: [UInt8], duration: UInt32)] {
        let index = planned.track.index
        let entry = index.segment(segment)
        guard entry.byteCount <= UInt64(TextBounds.segmentSize) else {
            throw OriginError(.storageFault, "a segment of track \(index.description.name) is too large for text")
        }
        return try index.samples(of: entry).map { sample in
            var bytes = [UInt8](repeating: 0, count: Int(sample.size))
            try bytes.withUnsafeMutableBytes { try planned.track.media.read(into: $0, at: sample.offset) }
            return (bytes, sample.duration)
        }
    }
}

/// A time of a track in milliseconds. Text is stored with that timescale; any other is rounded.
private struct Milliseconds {
    private let time: UInt64
    private let timescale: UInt32

    init(_ time: UInt64, _ timescale: UInt32) {
        self.time = time
        self.timescale = timescale
    }

    /// At most what two digits of hours can say.
    var value: UInt64 {
        UInt64(clamping: min(UInt128(time) * 1000 / UInt128(max(timescale, 1)), UInt128(TextBounds.duration)))
    }

    func adding(_ duration: UInt32) -> Milliseconds { Milliseconds(time &+ UInt64(duration), timescale) }
}

extension StreamingFormat {
    /// What text lies in; nil for HLS version 3, which has no renditions besides its variants.
    var textContainer: SegmentContainer? {
        switch self {
        case .hlsTransportStream: .webVTT
        case .hlsCMAF: .webVTTForCMAF
        case .dashCMAF, .dashCSF: .cmaf
        case .smooth, .smoothWithoutRepeats: .smooth
        case .hlsTransportStreamMuxed: nil
        }
    }

    /// Whether the format names a text track: HLS those in WebVTT, Smooth Streaming those in TTML, DASH what was uploaded.
    func carries(_ track: TrackDescription) -> Bool {
        guard let text = track.text else { return false }
        return switch streamingProtocol {
        case .hls: track.codec.sampleEntry == "wvtt"
        case .smooth: track.codec.sampleEntry == "stpp"
        case .dash: !text.isConverted
        case .progressive: false
        }
    }
}

extension SegmentContainer {
    /// Whether its segments are text files.
    var isWebVTT: Bool { self == .webVTT || self == .webVTTForCMAF }
}

extension PlannedTrack {
    /// Text has no key: see `OriginService+Text`.
    var isText: Bool { track.record.description.kind == .text }
}
