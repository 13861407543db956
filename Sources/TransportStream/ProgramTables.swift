/// The two tables that begin a segment (ISO/IEC 13818-1, 2.4.4): one program with one elementary stream of its own
/// packet identifier, which also carries the clock.
enum ProgramTables {
    /// Both tables, one packet each.
    static let packetCount = 2
    private static let programNumber: UInt16 = 1

    /// stream_type (table 2-34), and those of ATSC A/53, part 3, that HLS knows as well.
    enum StreamType: UInt8 {
        case aacInADTS = 0x0F
        case avc = 0x1B
        case ac3 = 0x81
        case eac3 = 0x87
        // With samples that are encrypted (MPEG-2 Stream Encryption Format for HTTP Live Streaming, 3.1).
        case protectedAVC = 0xDB
        case protectedAAC = 0xCF
        case protectedAC3 = 0xC1
        case protectedEAC3 = 0xC2
    }

    /// One elementary stream in the program map.
    struct Stream {
        var type: StreamType
        var pid: PacketIdentifier
        /// ISO 639-2 code of three letters; nil when unknown.
        var language: [UInt8]?
        /// Descriptors of the codec, whole.
        var descriptors: [UInt8] = []
    }

    /// Program association section (2.4.4.3) in a packet.
    static func association(counter: UInt8) -> [UInt8] {
        packet(
            .programAssociation, counter,
            section(tableID: 0, extending: 1, body: bigEndian(programNumber) + pid(.programMap)))
    }

    /// TS program map section (2.4.4.8) in a packet. The first stream carries the clock.
    static func map(_ streams: [Stream], counter: UInt8, version: UInt8 = 0) -> [UInt8] {
        var body = pid(streams.first?.pid ?? PacketIdentifier(rawValue: 0x1FFF)) + [0xF0, 0]
        for stream in streams {
            let descriptors = stream.descriptors + (stream.language.map { [0x0A, 4] + $0 + [0] } ?? [])
            body += [stream.type.rawValue] + pid(stream.pid) + [0xF0, UInt8(descriptors.count)] + descriptors
        }
        return packet(.programMap, counter, section(tableID: 2, extending: programNumber, version: version, body: body))
    }

    private static func section(tableID: UInt8, extending id: UInt16, version: UInt8 = 0, body: [UInt8]) -> [UInt8] {
        // Five bytes of header behind the length, four of checksum.
        let length = UInt16(body.count + 9)
        // Of five bits, and current; section 0 of 0.
        let bytes = [tableID] + bigEndian(0xB000 | length) + bigEndian(id) + [0xC1 | version << 1, 0, 0] + body
        let checksum = checksum(bytes)
        return bytes + bigEndian(UInt16(checksum >> 16)) + bigEndian(UInt16(checksum & 0xFFFF))
    }

    /// A section behind pointer_field 0, filled up as 2.4.4 says.
    private static func packet(_ pid: PacketIdentifier, _ counter: UInt8, _ section: [UInt8]) -> [UInt8] {
        var packet = [Packet.syncByte] + bigEndian(0x4000 | pid.rawValue) + [0x10 | counter & 0xF, 0] + section
        packet += [UInt8](repeating: 0xFF, count: Packet.size - packet.count)
        return packet
    }

    private static func pid(_ pid: PacketIdentifier) -> [UInt8] { bigEndian(0xE000 | pid.rawValue) }

    private static func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    /// CRC_32 (annex A): polynomial 0x04C11DB7, no reflection, all ones at the start.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF as UInt32) { register, byte in
            (0..<8).reduce(register ^ UInt32(byte) << 24) { value, _ in
                value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1
            }
        }
    }
}
