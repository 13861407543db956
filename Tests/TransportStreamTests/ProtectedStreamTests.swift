import Testing

@testable import TransportStream

/// What is encrypted of an elementary stream, and how it is written.
@Suite struct ProtectedStreamTests {
    /// Every byte of a unit becomes zero: the worst that ciphertext can be for start codes.
    private func zeros(_ unit: UnsafeMutableRawBufferPointer, _ kind: ProtectedUnit) {
        for position in unit.indices { unit[position] = 0 }
    }

    private func stream() -> ElementaryStream { .avc(delimiter: [], parameterSets: []) }

    private func sample(_ units: [[UInt8]]) -> [UInt8] { units.flatMap { [0, 0, 0, UInt8($0.count)] + $0 } }

    @Test func slicesAreEscapedOnceMoreAndNothingElseIs() throws {
        let small = [UInt8](repeating: 0x41, count: 48)
        let slice = [0x65] + [UInt8](repeating: 9, count: 48)
        let information: [UInt8] = [0x06] + [UInt8](repeating: 0, count: 60)
        var elementary = ProtectedElementary(stream(), encrypt: zeros)
        try elementary.append(sample([information, small, slice])[...], prefix: [0xAA])
        let start: [UInt8] = [0, 0, 0, 1]
        var expected: [UInt8] = [0xAA]
        for unit in [information, small] { expected += start + unit }
        expected += start
        for _ in 0..<24 { expected += [0, 0, 3] as [UInt8] }
        expected.append(0)
        #expect(elementary.bytes == expected)
    }

    /// What is there already is escaped, too: a reader that takes one layer away finds the unit as it was.
    @Test func emulationPreventionIsReversible() throws {
        var random = Random(state: 20_261_121)
        for _ in 0..<500 {
            let body = (0..<Int(49 + random.next() % 150)).map { _ in UInt8(random.next() % 5) }
            let unit = [0x41] + body.dropLast() + [0x80]
            var elementary = ProtectedElementary(stream()) { _, _ in }
            try elementary.append(sample([unit])[...], prefix: [])
            let written = Array(elementary.bytes.dropFirst(4))
            #expect(
                !written.indices.dropLast(2).contains {
                    written[$0] == 0 && written[$0 + 1] == 0 && written[$0 + 2] < 3
                })
            #expect(Self.removed(written) == unit)
        }
    }

    private static func removed(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var zeros = 0
        for byte in bytes {
            if zeros == 2, byte == 3 {
                zeros = 0
                continue
            }
            output.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        return output
    }

    @Test(
        arguments: [
            [0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9, 1], [0xFF, 0xFF, 0xFF, 0xFF, 1], [0, 0, 0, 1, 0x65, 0, 0],
        ] as [[UInt8]])
    func damagedSamplesAreRefused(bytes: [UInt8]) {
        var elementary = ProtectedElementary(stream(), encrypt: zeros)
        #expect(throws: TransportStreamError.self) { try elementary.append(bytes[...], prefix: []) }
    }

    /// More packets than are needed: each has a byte at least, and the count is what was asked for.
    @Test(arguments: [20, 176, 177, 184, 360, 361, 2000])
    func aPacketIsSpreadOverMore(bytes: Int) {
        for more in 0..<16 {
            let packet = PESPacket(
                presentationUnits: 0, decodeUnits: 0, timescale: 90_000, elementaryBytes: bytes, isRandomAccess: true,
                samples: 0..<1)
            var packetizer = Packetizer(pid: .video, counter: 0)
            var output = PacketBuffer()
            packetizer.begin(packet, packets: packet.transportPackets + more)
            packetizer.append([UInt8](repeating: 7, count: packet.size), to: &output)
            #expect(output.count == (packet.transportPackets + more) * Packet.size)
            #expect(output.bytes.count { $0 == 7 } >= packet.size)
        }
    }
}

private struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
