import Testing

@testable import TransportStream

/// Packets that are copied whole, many at a time, are those that are made one by one.
@Suite struct PacketizerTests {
    /// - Parameter piece: how many bytes are appended at a time: with one, no packet lies whole in what is appended.
    private func packets(_ bytes: [UInt8], more: Int, piece: Int) -> [UInt8] {
        let packet = PESPacket(
            presentationUnits: 0, decodeUnits: 0, timescale: 90_000, elementaryBytes: bytes.count, isRandomAccess: true,
            samples: 0..<1)
        var packetizer = Packetizer(pid: .video, counter: 13)
        var output = PacketBuffer(capacity: 1)
        packetizer.begin(packet, packets: packet.transportPackets + more)
        let all = [UInt8](repeating: 9, count: packet.size - bytes.count) + bytes
        for start in stride(from: 0, to: all.count, by: piece) {
            packetizer.append(Array(all[start..<min(start + piece, all.count)]), to: &output)
        }
        return output.bytes
    }

    @Test(arguments: [20, 175, 176, 177, 183, 184, 185, 367, 368, 1840, 5000], [0, 1, 15])
    func wholePacketsAreLikeOthers(size: Int, more: Int) {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let one = packets(bytes, more: more, piece: 1)
        #expect(one.count % Packet.size == 0)
        for piece in [2, 183, 184, 185, 400, 10_000] {
            #expect(packets(bytes, more: more, piece: piece) == one)
        }
    }
}
