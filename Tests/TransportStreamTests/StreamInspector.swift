/// Reads a transport stream packet by packet and notes every rule that it breaks; independent of the writer.
struct StreamInspector {
    private(set) var faults: [String] = []
    private(set) var clocks: [UInt64] = []
    /// By PID: PES packets or sections, reassembled.
    private(set) var units: [Int: [[UInt8]]] = [:]
    private var counters: [Int: Int] = [:]

    /// Continuity is checked over all calls.
    mutating func read(_ bytes: [UInt8]) {
        if bytes.count % 188 != 0 { faults.append("length \(bytes.count)") }
        for start in stride(from: 0, to: bytes.count - 187, by: 188) {
            readPacket(Array(bytes[start..<(start + 188)]))
        }
    }

    private mutating func readPacket(_ packet: [UInt8]) {
        if packet[0] != 0x47 { faults.append("sync byte") }
        let pid = Int(packet[1] & 0x1F) << 8 | Int(packet[2])
        let counter = Int(packet[3] & 0xF)
        if let last = counters[pid], (last + 1) & 0xF != counter { faults.append("continuity of \(pid)") }
        counters[pid] = counter
        if packet[3] & 0x10 == 0 { faults.append("no payload") }
        if packet[3] & 0xC0 != 0 || packet[1] & 0x80 != 0 { faults.append("scrambled or in error") }
        var start = 4
        if packet[3] & 0x20 != 0 {
            start = 5 + Int(packet[4])
            readAdaptation(Array(packet[4..<min(start, 188)]))
        }
        guard start < 188 else { return faults.append("adaptation field without end") }
        if packet[1] & 0x40 != 0 { units[pid, default: []].append([]) }
        guard let last = units[pid]?.indices.last else { return faults.append("payload before a start") }
        units[pid]?[last] += packet[start...]
    }

    private mutating func readAdaptation(_ field: [UInt8]) {
        guard field.count > 1 else { return }
        var used = 2
        if field[1] & 0x10 != 0 {
            clocks.append(field[2...5].reduce(0) { $0 << 8 | UInt64($1) } << 1 | UInt64(field[6] >> 7))
            if field[6] & 0x7E != 0x7E || field[6] & 1 != 0 || field[7] != 0 { faults.append("clock reserved bits") }
            used = 8
        }
        if !field[used...].allSatisfy({ $0 == 0xFF }) { faults.append("stuffing") }
    }

    /// PTS, DTS and elementary bytes of a PES packet.
    func pes(_ unit: [UInt8]) -> (presentation: UInt64, decode: UInt64, payload: [UInt8])? {
        guard unit.starts(with: [0, 0, 1]), unit.count >= 14, unit[6] & 0xC0 == 0x80 else { return nil }
        let length = Int(unit[4]) << 8 | Int(unit[5])
        guard length == 0 || length == unit.count - 6 else { return nil }
        let presentation = Self.time(unit[9..<14])
        let decode = unit[7] & 0x40 != 0 ? Self.time(unit[14..<19]) : presentation
        return (presentation, decode, Array(unit[(9 + Int(unit[8]))...]))
    }

    private static func time(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        let b = bytes.map { UInt64($0) }
        return (b[0] >> 1 & 7) << 30 | b[1] << 22 | (b[2] >> 1) << 15 | b[3] << 7 | b[4] >> 1
    }
}
