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
        var filled = 0
        while filled < buffer.count {
            if handedOver == packets.count {
                packets.removeAll()
                handedOver = 0
                guard let goesOn = try producer.append(to: &packets, mayWait: mayWait) else {
                    return filled > 0 ? filled : nil
                }
                guard goesOn || !packets.isEmpty else { break }
            }
            let count = min(packets.count - handedOver, buffer.count - filled)
            packets.withBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[handedOver..<handedOver + count]))
            }
            filled += count
            handedOver += count
        }
        return filled
    }
}

/// Memory that media is read into before it becomes packets.
final class SampleBytes {
    /// In bytes.
    static let size = 64 << 10

    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)

    deinit {
        bytes.deallocate()
    }
}
