import Catalog
import ContentKeys
import MediaEncryption
import MediaModel
import MediaStorage
import TransportStream

/// An MPEG-TS segment of one track whose samples are encrypted, or one key frame of it.
struct SampleAESSegment: SegmentSource {
    let track: TransportStreamTrack
    let media: any MediaReader
    let number: IVNumber
    let segment: Int
    let key: ContentKey
    /// The sample that the key frame is; nil for the whole segment.
    var keyFrame: Int?

    func begin() throws -> any SegmentMaker {
        PacketSegmentMaker(try producer())
    }

    private func producer() throws -> SampleAESProducer {
        SampleAESProducer(
            writer: try ProtectedStreamWriter(track: track, segment: segment, keyFrame: keyFrame), index: track.index,
            media: media,
            encryptor: try SampleAESEncryptor(number: number, key: key))
    }

    /// How many bytes it has, found by making it.
    func size() throws -> Int {
        var producer = try producer()
        var packets = PacketBuffer()
        var size = 0
        while try producer.append(to: &packets, mayWait: true) == true {
            size += packets.count
            packets.removeAll()
        }
        return size
    }
}

private struct SampleAESProducer: PacketProducer {
    private var writer: ProtectedStreamWriter
    private let index: TrackIndex
    private let media: any MediaReader
    private let encryptor: SampleAESEncryptor

    init(writer: ProtectedStreamWriter, index: TrackIndex, media: any MediaReader, encryptor: SampleAESEncryptor) {
        self.writer = writer
        self.index = index
        self.media = media
        self.encryptor = encryptor
    }

    mutating func append(to packets: inout PacketBuffer, mayWait: Bool) throws -> Bool? {
        guard let next = writer.next else { return false }
        // The index was checked: samples lie within the file, and the writer bounded their sizes.
        let ranges = next.map { number in
            let sample = index.sample(number)
            return sample.offset..<(sample.offset + UInt64(sample.size))
        }.filter { !$0.isEmpty }
        var samples = [UInt8](repeating: 0, count: ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) })
        var cursor = MediaCursor(media, ranges)
        let filled = try samples.withUnsafeMutableBytes { bytes in
            bytes.isEmpty ? 0 : try cursor.read(into: bytes, mayWait: mayWait)
        }
        // Whole or not at all: what is at hand now will be at hand again.
        guard filled == samples.count else { return nil }
        let encryptor = encryptor
        try writer.write(samples, into: &packets) { unit, kind in
            switch kind {
            case .slice: try encryptor.encryptSlice(unit)
            case .frame: try encryptor.encryptFrame(unit)
            }
        }
        return true
    }
}

/// The sizes of segments that had to be made to be known, kept: what was asked for once is asked for again.
struct SampleAESSizes: Sendable {
    struct Name: Hashable, Sendable {
        var media: [UInt8]
        var segment: Int
        var keyFrame: Int?
        var key: TrackKey
    }

    private let sizes = BoundedCache<Name, Int>(maximumCount: 65_536)

    func known(_ planned: PlannedTrack, _ segment: Int) throws -> Int? {
        try name(planned, segment, nil).flatMap(sizes.known)
    }

    func size(of source: SampleAESSegment, _ planned: PlannedTrack) throws -> Int {
        guard let name = try name(planned, source.segment, source.keyFrame) else { return try source.size() }
        if let known = sizes.known(name) { return known }
        let size = try source.size()
        sizes.keep(size, as: name)
        return size
    }

    private func name(_ planned: PlannedTrack, _ segment: Int, _ keyFrame: Int?) throws(OriginError) -> Name? {
        try planned.key(ofSegment: segment).map {
            Name(media: planned.track.content, segment: segment, keyFrame: keyFrame, key: $0)
        }
    }
}
