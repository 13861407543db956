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
    private var packets = PacketBuffer()
    private var handedOver = 0

    init(_ producer: Producer) {
        self.producer = producer
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        var filled = handOver(to: buffer)
        while filled < buffer.count, packets.isEmpty {
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
final class SampleBytes {
    /// As much as is read at once, in bytes.
    static let size = 64 << 10

    let bytes: UnsafeMutableRawBufferPointer

    init(_ size: Int = SampleBytes.size) {
        bytes = .allocate(byteCount: size, alignment: 64)
    }

    deinit {
        bytes.deallocate()
    }
}
