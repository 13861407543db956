/// Cuts PES packets into transport packets. Since a PES packet's size is known when it begins, each transport packet's
/// header and stuffing are known when that begins, and nothing is held back.
struct Packetizer {
    private let pid: PacketIdentifier
    private var counter: UInt8
    /// Bytes of the PES packet that are still to come.
    private var rest = 0
    /// Bytes that the current transport packet still takes.
    private var room = 0
    /// Of the first transport packet of the PES packet, if any.
    private var clock: ClockField?
    /// Until the first transport packet of the PES packet has begun.
    private var isFirst = false
    /// Transport packets of the PES packet that are still to begin.
    private var packetsLeft = 0

    init(pid: PacketIdentifier, counter: UInt8) {
        self.pid = pid
        self.counter = counter & 0xF
    }

    /// Begins a PES packet; all bytes of the one before must have been appended.
    ///
    /// - Parameter packets: how many transport packets it is spread over, no fewer than it needs; nil for as many.
    mutating func begin(_ packet: PESPacket, packets: Int? = nil) {
        packetsLeft = packets ?? packet.transportPackets
        rest = packet.size
        room = 0
        clock = packet.clock
        isFirst = true
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer, to output: inout PacketBuffer) {
        var position = 0
        while position < bytes.count {
            if room == 0 {
                position += appendWhole(UnsafeRawBufferPointer(rebasing: bytes[position...]), to: &output)
                guard position < bytes.count else { return }
                beginPacket(&output)
            }
            // The planned size ends the loop even if a caller appends more than it planned.
            guard room > 0 else { return }
            let count = min(room, bytes.count - position)
            output.append(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
            position += count
            room -= count
            rest -= count
        }
    }

    mutating func append(_ bytes: [UInt8], to output: inout PacketBuffer) {
        bytes.withUnsafeBytes { append($0, to: &output) }
    }

    /// Appends the packets that hold nothing but payload and lie in the bytes whole: nearly all of them.
    ///
    /// - Returns: how many bytes were taken.
    private mutating func appendWhole(_ bytes: UnsafeRawBufferPointer, to output: inout PacketBuffer) -> Int {
        guard clock == nil, !isFirst else { return 0 }
        // As far as every packet that follows still has a byte at least.
        let most = max(0, rest - packetsLeft) / (Packet.capacity - 1)
        let count = min(bytes.count / Packet.capacity, most, packetsLeft)
        guard count > 0 else { return 0 }
        let size = count * Packet.capacity
        let header = UInt32(Packet.syncByte) << 24 | UInt32(pid.rawValue) << 8 | 0x10 | UInt32(counter)
        output.appendPackets(header: header, payloads: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
        counter = UInt8((Int(counter) + count) & 0xF)
        packetsLeft -= count
        rest -= size
        return size
    }

    /// Packet header and adaptation field (ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.5).
    private mutating func beginPacket(_ output: inout PacketBuffer) {
        let fieldSize = clock == nil ? 0 : Packet.clockFieldSize
        packetsLeft = max(0, packetsLeft - 1)
        // Each that follows has a byte at least.
        room = min(rest - min(rest, packetsLeft), Packet.capacity - fieldSize)
        let stuffing = Packet.capacity - fieldSize - room
        let hasField = fieldSize + stuffing > 0
        output.append(Packet.syncByte)
        // payload_unit_start_indicator where a PES packet begins
        output.append((isFirst ? 0x40 : 0) | UInt8(pid.rawValue >> 8))
        output.append(UInt8(pid.rawValue & 0xFF))
        output.append((hasField ? 0x30 : 0x10) | counter)
        counter = (counter + 1) & 0xF
        if let clock {
            output.append(clock.bytes(stuffing: stuffing))
            output.append(repeating: 0xFF, count: stuffing)
        } else if stuffing > 0 {
            appendStuffing(stuffing, to: &output)
        }
        clock = nil
        isFirst = false
    }

    /// An adaptation field of nothing but stuffing: its length counts itself out, and one byte alone has no flags.
    private func appendStuffing(_ count: Int, to output: inout PacketBuffer) {
        output.append(UInt8(count - 1))
        guard count > 1 else { return }
        output.append(0)
        output.append(repeating: 0xFF, count: count - 2)
    }
}
