/// A transport stream packet (ISO/IEC 13818-1, 2.4.3.2): four bytes of header, an adaptation field where one is
/// needed, payload up to 188 bytes.
enum Packet {
    static let size = 188
    static let headerSize = 4
    static let syncByte: UInt8 = 0x47
    /// Payload of a packet without an adaptation field.
    static let capacity = size - headerSize
    /// Adaptation field with a clock reference: length, flags, six bytes.
    static let clockFieldSize = 8

    /// Packets of a PES packet of `count` bytes.
    ///
    /// - Parameter carriesClock: whether the first one has a clock reference.
    static func count(payload count: Int, carriesClock: Bool) -> Int {
        let first = capacity - (carriesClock ? clockFieldSize : 0)
        return count <= first ? 1 : 1 + (count - first + capacity - 1) / capacity
    }
}

/// What a packet's adaptation field says besides stuffing (2.4.3.4); only first packets of PES packets have it.
struct ClockField: Hashable, Sendable {
    /// program_clock_reference_base, 33 bits at 90 kHz; the extension is 0.
    var base: UInt64
    /// random_access_indicator: decoding can start here.
    var isRandomAccess: Bool

    /// adaptation_field() without its stuffing; `stuffing` bytes follow.
    func bytes(stuffing: Int) -> [UInt8] {
        // flags: random_access_indicator, PCR_flag; then 33 bits of base, 6 reserved, 9 of extension
        let reference = (base & Timestamp.mask) << 15 | 0x7E00
        return [UInt8(Packet.clockFieldSize - 1 + stuffing), isRandomAccess ? 0x50 : 0x10]
            + stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: reference >> UInt64($0)) }
    }
}
