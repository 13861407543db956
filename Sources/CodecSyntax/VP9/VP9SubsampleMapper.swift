import MediaModel

/// Finds what of a VP9 sample may be encrypted (VP codec binding 1.0, Common Encryption): of each frame of a superframe
/// what follows its uncompressed header. The superframe's index stays clear.
public struct VP9SubsampleMapper: SampleMapper {
    private var sizes: [VP9FrameHeader.Size?] = Array(repeating: nil, count: 8)

    /// Before the first sample.
    public init() {}

    public mutating func map(_ sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> SampleMap {
        guard !sample.isEmpty, sample.count <= Int(UInt32.max) else {
            throw CodecSyntaxError(.outOfRange, .superframe, "it is empty or larger than 4 GiB")
        }
        var subsamples = SubsampleCollector()
        var isSync: Bool?
        var end = 0
        for frame in try Self.frames(of: sample) {
            let header = try VP9FrameHeader(UnsafeRawBufferPointer(rebasing: sample[frame]), sizes: sizes)
            for slot in 0..<8 where header.refreshes >> slot & 1 == 1 { sizes[slot] = header.size }
            isSync = isSync ?? header.isKey
            let clear = header.showsExisting ? frame.count : header.byteLength
            subsamples.add(clear: clear, protected: frame.count - clear)
            end = frame.upperBound
        }
        subsamples.add(clear: sample.count - end)
        return SampleMap(subsamples: subsamples.finish(), isSync: isSync ?? false)
    }

    /// superframe_index() (VP9 bitstream specification, annex B): where the frames lie.
    private static func frames(of sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> [Range<Int>] {
        let marker = sample[sample.count - 1]
        let count = Int(marker & 7) + 1
        let sizeBytes = Int(marker >> 3 & 3) + 1
        let start = sample.count - 2 - count * sizeBytes
        guard marker & 0xE0 == 0xC0, start >= 0, sample[start] == marker else { return [0..<sample.count] }
        var frames: [Range<Int>] = []
        var position = 0
        for frame in 0..<count {
            var size = 0
            for byte in 0..<sizeBytes { size |= Int(sample[start + 1 + frame * sizeBytes + byte]) << (8 * byte) }
            guard size <= start - position else {
                throw CodecSyntaxError(.inconsistent, .superframe, at: position * 8, "frame \(frame) does not fit")
            }
            if size > 0 { frames.append(position..<(position + size)) }
            position += size
        }
        guard position == start else {
            throw CodecSyntaxError(.inconsistent, .superframe, at: position * 8, "bytes belong to no frame")
        }
        return frames
    }
}
