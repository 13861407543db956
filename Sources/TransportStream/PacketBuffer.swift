/// Memory that transport packets are appended to. An array would do the same; on the way of every byte that is sent, its checks
/// and its bookkeeping cost as much as the packets.
public struct PacketBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    /// What was appended here and not lent, in bytes.
    public private(set) var count = 0
    /// Memory of somebody else that is filled first, and how much of it is.
    private var lent = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var lentCount = 0

    /// - Parameter capacity: in bytes; it grows.
    public init(capacity: Int = 80 << 10) {
        memory = .allocate(byteCount: max(capacity, Packet.size), alignment: 64)
    }

    deinit {
        memory.deallocate()
    }

    public var isEmpty: Bool { count == 0 && lentCount == 0 }

    /// Of lent memory, what is left for the headers, tables, parameter sets and stuffing of some samples, in bytes.
    private static let besideMedia = 4 << 10

    /// How much media fits into the rest of the lent memory, in bytes; 0 where there is none. A little more may be kept here after
    /// all, where samples are small.
    public var mediaRoom: Int {
        guard count == 0 else { return 0 }
        return max(0, lent.count - lentCount - Self.besideMedia) / Packet.size * Packet.capacity
    }

    /// Lends it memory for as long as the function runs: what is appended is put there as far as there is space, so that it
    /// need not be copied; what comes after that is kept here.
    ///
    /// - Returns: how many bytes of the space were filled.
    public mutating func filling<Result>(
        _ space: UnsafeMutableRawBufferPointer, _ body: (inout PacketBuffer) throws -> Result
    ) rethrows -> (result: Result, filled: Int) {
        lent = space
        defer {
            lent = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            lentCount = 0
        }
        return (try body(&self), lentCount)
    }

    /// Lends what was appended.
    public borrowing func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// What was appended, copied.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// Forgets what was appended, and keeps the memory.
    public mutating func removeAll() {
        count = 0
    }

    mutating func append(_ byte: UInt8) {
        withSpace(1) { $0[0] = byte }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        withSpace(bytes.count) { $0.copyMemory(from: bytes) }
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func append(repeating byte: UInt8, count: Int) {
        withSpace(max(0, count)) { space in
            for position in space.indices { space[position] = byte }
        }
    }

    /// Whole packets of one kind, one after the other: each a header of four bytes, whose last four bits count, and a payload.
    ///
    /// - Parameters:
    ///   - header: of the first one, the first byte in the highest bits.
    ///   - payloads: as many bytes as the packets carry.
    mutating func appendPackets(header: UInt32, payloads: UnsafeRawBufferPointer) {
        let packets = payloads.count / Packet.capacity
        // Where there is a rest of lent space, as many of them as it has room for.
        let first = count == 0 ? min(packets, (lent.count - lentCount) / Packet.size) : 0
        let size = first * Packet.capacity
        withSpace(first * Packet.size) {
            Self.write(header, UnsafeRawBufferPointer(rebasing: payloads[..<size]), to: $0)
        }
        guard first < packets else { return }
        let next = header & ~0xF | (header &+ UInt32(truncatingIfNeeded: first)) & 0xF
        withSpace((packets - first) * Packet.size) {
            Self.write(next, UnsafeRawBufferPointer(rebasing: payloads[size...]), to: $0)
        }
    }

    /// As many packets as there is space for, to the byte.
    private static func write(
        _ header: UInt32, _ payloads: UnsafeRawBufferPointer, to space: UnsafeMutableRawBufferPointer
    ) {
        precondition(space.count / Packet.size * Packet.capacity <= payloads.count)
        guard var from = payloads.baseAddress, var to = space.baseAddress else { return }
        var counter = header & 0xF
        for _ in 0..<(space.count / Packet.size) {
            to.storeBytes(of: (header & ~0xF | counter).bigEndian, as: UInt32.self)
            copyPayload(from, to: to + 4)
            counter = (counter + 1) & 0xF
            from += Packet.capacity
            to += Packet.size
        }
    }

    /// Copies 184 bytes. A call of the library's function for each packet costs as much as the copy.
    @inline(__always)
    private static func copyPayload(_ from: UnsafeRawPointer, to: UnsafeMutableRawPointer) {
        func copy<Piece: BitwiseCopyable>(_: Piece.Type, at offset: Int) {
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: offset, as: Piece.self), toByteOffset: offset, as: Piece.self)
        }
        copy(SIMD64<UInt8>.self, at: 0)
        copy(SIMD64<UInt8>.self, at: 64)
        copy(SIMD32<UInt8>.self, at: 128)
        copy(SIMD16<UInt8>.self, at: 160)
        copy(UInt64.self, at: 176)
    }

    private mutating func withSpace(_ size: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        // Nothing may be put before what is kept here.
        if count == 0, lent.count - lentCount >= size {
            fill(UnsafeMutableRawBufferPointer(rebasing: lent[lentCount..<(lentCount + size)]))
            lentCount += size
            return
        }
        if memory.count - count < size { grow(by: size) }
        fill(UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + size)]))
        count += size
    }

    private mutating func grow(by size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(memory.count * 2, count + size), alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }
}
