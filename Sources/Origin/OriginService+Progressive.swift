import Catalog
import ISOBaseMedia
import MediaModel
import MediaStorage
import Policies

/// Where everything lies in a progressive file: the header, and behind it the segments of its tracks by time. One object: however
/// many read the file, they share it.
final class ProgressiveFile: Sendable {
    struct Part: Sendable {
        /// In the file.
        var start: UInt64
        /// Which track, by number.
        var track: Int
        /// In the track's file.
        var media: Range<UInt64>
    }

    let header: [UInt8]
    let size: UInt64
    let parts: [Part]

    /// In memory, in bytes.
    var cost: Int { header.count + parts.count * MemoryLayout<Part>.stride }

    init(_ tracks: [OpenedTrack]) throws {
        var segments: [(track: Int, number: Int)] = []
        var next = tracks.map { _ in 0 }
        while let track = Self.earliest(tracks, next) {
            segments.append((track, next[track]))
            next[track] += 1
        }
        var parts: [Part] = []
        for (track, number) in segments {
            parts.append(Part(start: 0, track: track, media: try Self.media(of: tracks[track].index, number)))
        }
        let header = try ProgressiveHeader(
            try tracks.map { track throws(BoxError) in try ProgressiveTrack(track.index) },
            segments: parts.map { ($0.track, $0.media.upperBound - $0.media.lowerBound) })
        var position = UInt64(header.bytes.count)
        for index in parts.indices {
            parts[index].start = position
            position += parts[index].media.upperBound - parts[index].media.lowerBound
        }
        self.header = header.bytes
        size = header.size
        self.parts = parts
        guard position == size else { throw OriginError(.storageFault, "a file does not add up") }
    }

    /// The track whose next segment begins first.
    private static func earliest(_ tracks: [OpenedTrack], _ next: [Int]) -> Int? {
        func time(_ number: Int) -> Double {
            let index = tracks[number].index
            return Double(index.segment(next[number]).decodeTime) / Double(max(index.description.timescale, 1))
        }
        return tracks.indices.filter { next[$0] < tracks[$0].index.segmentCount }.min { time($0) < time($1) }
    }

    private static func media(of index: TrackIndex, _ segment: Int) throws -> Range<UInt64> {
        let samples = index.samples(of: index.segment(segment))
        guard let first = samples.first else { throw OriginError(.storageFault, "a segment has no sample") }
        var end = first.offset
        for sample in samples {
            guard sample.offset == end else {
                throw OriginError(.storageFault, "a segment's samples do not lie together")
            }
            end += UInt64(sample.size)
        }
        return first.offset..<end
    }
}

/// A progressive file on its way out; any part of it by itself.
struct ProgressiveBody: SeekableSource {
    let file: ProgressiveFile
    let media: [any MediaReader]

    func begin() throws -> any SegmentMaker { try begin(at: 0) }

    func begin(at offset: UInt64) throws -> any SegmentMaker {
        ProgressiveMaker(self, at: offset)
    }
}

private final class ProgressiveMaker: SegmentMaker {
    private let body: ProgressiveBody
    private var position: UInt64
    /// The part that `position` lies in, or the next one while it lies in the header.
    private var part: Int

    init(_ body: ProgressiveBody, at offset: UInt64) {
        self.body = body
        position = offset
        let parts = body.file.parts
        var (low, high) = (0, parts.count)
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        part = max(0, low - 1)
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        var filled = 0
        let header = body.file.header
        if position < UInt64(header.count) {
            let rest = header[Int(position)...].prefix(buffer.count)
            buffer.copyBytes(from: rest)
            filled = rest.count
            position += UInt64(rest.count)
        }
        while filled < buffer.count, part < body.file.parts.count {
            let current = body.file.parts[part]
            let start = current.media.lowerBound + (position - current.start)
            let count = Int(min(current.media.upperBound - start, UInt64(buffer.count - filled)))
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
            if mayWait {
                try body.media[current.track].read(into: space, at: start)
            } else if !(try body.media[current.track].readAtHand(into: space, at: start)) {
                return filled > 0 ? filled : nil
            }
            filled += count
            position += UInt64(count)
            if start + UInt64(count) == current.media.upperBound { part += 1 }
        }
        return filled
    }
}

extension OriginService {
    /// A clear MP4 file of one or two tracks, for whoever may have the presentation in the clear as a whole.
    ///
    /// - Parameter names: of the tracks; none for the largest rendition with the first sound.
    func progressiveFile(_ names: [String], _ lookup: LocatorLookup) async throws -> OriginObject {
        let plan = try Self.progressivePlan(lookup)
        guard let number = lookup.asset.currentVersion else {
            throw OriginError(.resourceNotFound, "The asset has no media yet.")
        }
        let version = try await versions.version(lookup.asset, number: number)
        let tracks = try Self.tracks(names, of: version)
        guard let first = tracks.first else { throw OriginError(.trackNotFound, "There is no such track.") }
        let file: ProgressiveFile
        do {
            file = try await progressiveFiles.file(tracks)
        } catch let error as BoxError {
            throw OriginError(.formatCannotCarry, "The tracks do not fit one file: \(error).")
        }
        let planned = try await planned(first, version, plan)
        let content = tracks.map(\.contentDigest).joined(separator: "+")
        return OriginObject(
            contentType: planned.contentType, size: file.size,
            entityTag: try EntityTag.of(planned, segment: 0, "progressive/\(content)"),
            lastModified: version.record.created,
            lifetime: .revisable, body: .segment(ProgressiveBody(file: file, media: tracks.map(\.media))))
    }

    /// Only where a policy says that the asset may leave in the clear as whole files.
    private static func progressivePlan(_ lookup: LocatorLookup) throws(OriginError) -> DeliveryPlan {
        let decision = DeliveryPlan.decide(
            DeliveryRequest(streamingProtocol: .progressive, encryption: nil, capable: [.none]),
            under: lookup.terms.deliveryPolicies)
        guard case .allowed(let plan) = decision else {
            throw OriginError(
                .outputFormatBlocked, "No delivery policy lets the presentation out as whole files in the clear.")
        }
        return plan
    }

    private static func tracks(_ names: [String], of version: OpenedVersion) throws(OriginError) -> [OpenedTrack] {
        let media = version.tracks.filter(\.record.description.kind.isMedia)
        guard names.isEmpty else {
            let tracks = names.compactMap { name in media.first { $0.record.description.name == name } }
            let kinds = tracks.map(\.record.description.kind)
            guard tracks.count == names.count, Set(kinds).count == kinds.count else {
                throw OriginError(.trackNotFound, "A file has a track of pictures, one of sound, or one of each.")
            }
            return tracks
        }
        let largest = media.filter { $0.record.description.kind == .video }
            .max { $0.record.description.peakBitrate < $1.record.description.peakBitrate }
        let sound = media.first { $0.record.description.kind == .audio }
        return [largest, sound].compactMap { $0 }
    }
}
