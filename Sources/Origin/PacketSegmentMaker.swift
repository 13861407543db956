import Synchronization
import TransportStream

/// Turns media into transport packets, step by step.
protocol PacketProducer {
    /// Appends more packets.
    ///
    /// - Returns: nil when the disk has to be waited for, and may not be: nothing has happened then. False at the end.
    mutating func append(to packets: inout PacketBuffer, mayWait: Bool) throws -> Bool?
}

/// Makes an MPEG-TS segment of what a producer gives.
final class PacketSegmentMaker<Producer: PacketProducer>: SegmentMaker {
    private var producer: Producer
    /// Only for what the pieces have no space for.
    private var packets = PacketBuffer(capacity: 8 << 10)
    private var handedOver = 0

    /// A piece with less space than this, in bytes, is done: what is kept for the next one is copied.
    private static var rest: Int { 8 << 10 }

    init(_ producer: Producer) {
        self.producer = producer
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        var filled = handOver(to: buffer)
        while filled < buffer.count, filled == 0 || buffer.count - filled >= Self.rest, packets.isEmpty {
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let step = try packets.filling(space) { try producer.append(to: &$0, mayWait: mayWait) }
            guard let goesOn = step.result else { return filled > 0 ? filled : nil }
            filled += step.filled
            filled += handOver(to: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            guard goesOn || step.filled > 0 || !packets.isEmpty else { break }
        }
        return filled
    }

    /// Moves packets that had no space before.
    /// - Returns: how many bytes.
    private func handOver(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(packets.count - handedOver, buffer.count)
        packets.withBytes { bytes in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[handedOver..<handedOver + count]))
        }
        handedOver += count
        if handedOver == packets.count {
            packets.removeAll()
            handedOver = 0
        }
        return count
    }
}

/// Memory that media is read into before it becomes packets.
///
/// `@unchecked Sendable`: one maker or one step has it at a time.
final class SampleBytes: @unchecked Sendable {
    /// As much as is read at once, in bytes.
    static let size = 64 << 10

    /// As much as is read for a piece at once, in bytes.
    private static let pieceSize = 128 << 10
    /// At least as much, however little space there is.
    private static let least = 4 << 10
    /// What nobody uses now. The one that was used last is the one that is in the processor's cache.
    private static let unused = Mutex<[SampleBytes]>([])
    private static let mostUnused = 16

    /// Memory for what is read and made into packets in one step, for as much media as there is room for.
    static func forStep<Result>(
        _ room: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let memory = unused.withLock { $0.popLast() } ?? SampleBytes(pieceSize)
        defer { unused.withLock { if $0.count < mostUnused { $0.append(memory) } } }
        return try body(UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<min(max(room, least), pieceSize)]))
    }

    let bytes: UnsafeMutableRawBufferPointer

    init(_ size: Int = SampleBytes.size) {
        bytes = .allocate(byteCount: size, alignment: 64)
    }

    deinit {
        bytes.deallocate()
    }
}
