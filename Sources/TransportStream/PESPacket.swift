/// A PES packet (ISO/IEC 13818-1, 2.4.3.6): one video sample, or some audio frames, with their times.
struct PESPacket: Hashable, Sendable {
    /// In the track's timescale. Times of the 90 kHz clock are made only when the packet is written: planning a track
    /// goes over all of them.
    var presentationUnits: Int64
    var decodeUnits: Int64
    var timescale: UInt32
    /// Bytes of the elementary stream.
    var elementaryBytes: Int
    var isRandomAccess: Bool
    /// Samples of the index in this packet.
    var samples: Range<Int>
    /// Whether the program's clock is told with this packet; one of the elementary streams of a program tells it.
    var carriesClock = true
    /// Whether the length is said also of video, where 16 bits count it: readers then have the packet whole before the next
    /// one begins.
    var saysLength = false

    /// Longest elementary stream content that PES_packet_length can count with the longest header.
    static let maximumCountedBytes = 65_535 - 13

    /// Given only where it differs, as for reordered pictures.
    private var hasDecodeTime: Bool { decodeUnits != presentationUnits }
    private var presentationTime: UInt64 { Timestamp.of(presentationUnits, timescale: timescale) }
    var decodeTime: UInt64 { Timestamp.of(decodeUnits, timescale: timescale) }

    var headerSize: Int { hasDecodeTime ? 19 : 14 }
    var size: Int { headerSize + elementaryBytes }
    var transportPackets: Int { Packet.count(payload: size, carriesClock: carriesClock) }

    var clock: ClockField? {
        guard carriesClock else { return nil }
        return ClockField(base: decodeTime &- UInt64(Timestamp.clockLead), isRandomAccess: isRandomAccess)
    }

    func header(of stream: ElementaryStream) -> [UInt8] {
        // Only video may leave the length open, and must where 16 bits do not count it.
        let isOpen = stream.isVideo && !(saysLength && size - 6 <= Int(UInt16.max))
        let length = isOpen ? 0 : UInt16(clamping: size - 6)
        // '10', data_alignment_indicator; PTS_DTS_flags; length of the times
        var bytes: [UInt8] = [0, 0, 1, stream.streamID, UInt8(length >> 8), UInt8(length & 0xFF), 0x84]
        if hasDecodeTime {
            bytes += [0xC0, 10] + Self.timestamp(presentationTime, prefix: 3) + Self.timestamp(decodeTime, prefix: 1)
        } else {
            bytes += [0x80, 5] + Self.timestamp(presentationTime, prefix: 2)
        }
        return bytes
    }

    /// Four bits of prefix, then 3, 15 and 15 bits, each with a marker bit behind.
    private static func timestamp(_ time: UInt64, prefix: UInt8) -> [UInt8] {
        [
            prefix << 4 | UInt8(time >> 29 & 0x0E) | 1, UInt8(time >> 22 & 0xFF), UInt8(time >> 14 & 0xFE) | 1,
            UInt8(time >> 7 & 0xFF), UInt8(time << 1 & 0xFE) | 1,
        ]
    }
}
