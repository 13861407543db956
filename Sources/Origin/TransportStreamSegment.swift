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

    func begin() throws -> any SegmentMaker {
        TransportStreamSegmentMaker(
            writer: TransportStreamWriter(plan), media: MediaCursor(media, [mediaRange]),
            encryptor: try envelope.map {
                try EnvelopeEncryptor(number: $0.number, segment: $0.segment, key: $0.key)
            })
    }
}

private final class TransportStreamSegmentMaker: SegmentMaker {
    /// How much media is turned into packets at a time, in bytes.
    private static let step = 64 << 10

    private var writer: TransportStreamWriter
    private var media: MediaCursor
    private let encryptor: EnvelopeEncryptor?
    private let samples = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 64)
    /// Packets: handed over, finished, and the start of a cipher block.
    private var packets: [UInt8] = []
    private var handedOver = 0
    private var finished = 0
    private var isComplete = false

    init(writer: TransportStreamWriter, media: MediaCursor, encryptor: EnvelopeEncryptor?) {
        self.writer = writer
        self.media = media
        self.encryptor = encryptor
        packets.reserveCapacity(Self.step * 5 / 4)
    }

    deinit {
        samples.deallocate()
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        var filled = 0
        while filled < buffer.count {
            if handedOver == finished {
                guard !isComplete else { break }
                guard try advance(mayWait: mayWait) else { return filled > 0 ? filled : nil }
            }
            let count = min(finished - handedOver, buffer.count - filled)
            packets.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[handedOver..<handedOver + count]))
            }
            filled += count
            handedOver += count
        }
        return filled
    }

    /// Makes more packets; false when the media has to be waited for, and may not be.
    private func advance(mayWait: Bool) throws -> Bool {
        guard let read = try media.read(into: samples, mayWait: mayWait) else { return false }
        packets.removeSubrange(..<finished)
        (handedOver, finished) = (0, 0)
        try writer.write(UnsafeRawBufferPointer(rebasing: samples[..<read]), into: &packets)
        if media.isAtEnd {
            try writer.finish(into: &packets)
            isComplete = true
        }
        finished = try encryptFinished()
        return true
    }

    private func encryptFinished() throws -> Int {
        guard let encryptor else { return packets.count }
        let whole = try packets.withUnsafeMutableBytes { try encryptor.encrypt($0) }
        guard isComplete else { return whole }
        let last = try encryptor.finish(Array(packets[whole...]))
        packets.replaceSubrange(whole..., with: last)
        return packets.count
    }
}
