import ContentKeys
import MediaEncryption
import MediaStorage
import TransportStream

/// An MPEG-TS segment, clear or under the AES-128 envelope, made while it is sent.
struct TransportStreamSegment: SegmentSource {
    /// What encrypts the whole segment.
    struct Envelope: Sendable {
        var key: ContentKey
        var number: IVNumber
        var segment: UInt64
    }

    let plan: TransportStreamPlan
    let envelope: Envelope?
    /// Where the segment's samples lie in the track file.
    let mediaRange: Range<UInt64>
    let media: any MediaReader

    func write(_ range: Range<UInt64>, to sink: (ArraySlice<UInt8>) async throws -> Void) async throws {
        var filter = RangeFilter(range)
        let encryptor = try envelope.map {
            try EnvelopeEncryptor(number: $0.number, segment: $0.segment, key: $0.key)
        }
        var writer = TransportStreamWriter(plan)
        var packets: [UInt8] = []
        var position = mediaRange.lowerBound
        while position < mediaRange.upperBound, !filter.isDone {
            let end = min(position + UInt64(pieceSize), mediaRange.upperBound)
            var samples: [UInt8] = []
            try media.append(position..<end, to: &samples)
            position = end
            try writer.write(samples, into: &packets)
            if position == mediaRange.upperBound { try writer.finish(into: &packets) }
            let finished = try Self.encrypt(&packets, with: encryptor)
            if let part = filter.take(packets[..<finished]) { try await sink(part) }
            packets.removeSubrange(..<finished)
        }
        if let encryptor, !filter.isDone, let part = filter.take(try encryptor.finish(packets)[...]) {
            try await sink(part)
        }
    }

    /// Encrypts the whole blocks at the start in place and returns their size; all of it when there is nothing to encrypt
    /// with.
    private static func encrypt(_ packets: inout [UInt8], with encryptor: EnvelopeEncryptor?) throws -> Int {
        guard let encryptor else { return packets.count }
        return try packets.withUnsafeMutableBytes { try encryptor.encrypt($0) }
    }
}
