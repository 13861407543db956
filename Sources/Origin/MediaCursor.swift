import MediaStorage

/// Reads ranges of a file one after the other, as if they lay together.
struct MediaCursor {
    private let media: any MediaReader
    private var ranges: ArraySlice<Range<UInt64>>
    private var position: UInt64

    init(_ media: any MediaReader, _ ranges: [Range<UInt64>]) {
        self.media = media
        self.ranges = ranges[...]
        position = ranges.first?.lowerBound ?? 0
    }

    var isAtEnd: Bool { ranges.isEmpty }

    /// Fills the buffer as far as there are bytes, and as far as they are at hand where the disk may not be waited for.
    ///
    /// - Returns: how many; nil when none is at hand.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        var filled = 0
        while filled < buffer.count, let range = ranges.first {
            let count = Int(min(range.upperBound - position, UInt64(buffer.count - filled)))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
            if mayWait {
                try media.read(into: part, at: position)
            } else if !(try media.readAtHand(into: part, at: position)) {
                return filled > 0 ? filled : nil
            }
            filled += count
            position += UInt64(count)
            guard position == range.upperBound else { continue }
            ranges = ranges.dropFirst()
            position = ranges.first?.lowerBound ?? 0
        }
        return filled
    }
}
