import CLZ4

/// Lines of events as a row holds them: as they are, or as a block of LZ4 behind a mark. What is decided in one moment
/// resembles itself: of sixty decisions a tenth is left, and a commit costs as much less as it writes less.
struct StoredLines {
    let bytes: [UInt8]

    /// No line begins with it: lines are objects of JSON.
    private static let mark: UInt8 = 1
    /// The mark and the length of the lines, big-endian.
    private static let headLength = 5
    /// Less is stored as it is: it fits into a page.
    private static let fewest = 1024
    /// What LZ4 makes of a byte at most: no block is read that claims more, and none that claims more than the largest that is
    /// written. A thousand decisions are some 400 KB.
    private static let largestRatio = 256
    private static let longest = 64 << 20

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(of lines: [UInt8]) {
        bytes = Self.compressed(lines) ?? lines
    }

    /// Nil when they cannot be read.
    var lines: [UInt8]? {
        guard bytes.first == Self.mark else { return bytes }
        guard bytes.count > Self.headLength, let size = Int32(exactly: bytes.count - Self.headLength) else {
            return nil
        }
        let claimed = bytes[1..<Self.headLength].reduce(0) { $0 << 8 | Int($1) }
        guard claimed > 0, claimed <= min(Int(size) * Self.largestRatio, Self.longest),
            let room = Int32(exactly: claimed)
        else {
            return nil
        }
        var isWhole = false
        let lines = [UInt8](unsafeUninitializedCapacity: claimed) { lines, count in
            let written = bytes.withUnsafeBytes { stored in
                LZ4_decompress_safe(
                    stored.baseAddress?.advanced(by: Self.headLength).assumingMemoryBound(to: CChar.self),
                    UnsafeMutableRawPointer(lines.baseAddress)?.assumingMemoryBound(to: CChar.self), size, room)
            }
            isWhole = written == room
            count = isWhole ? claimed : 0
        }
        return isWhole ? lines : nil
    }

    /// Nil where that saves nothing.
    private static func compressed(_ lines: [UInt8]) -> [UInt8]? {
        guard (fewest...longest).contains(lines.count), let size = Int32(exactly: lines.count) else { return nil }
        let bound = Int(LZ4_compressBound(size))
        guard bound > 0 else { return nil }
        let stored = [UInt8](unsafeUninitializedCapacity: headLength + bound) { stored, count in
            let written = lines.withUnsafeBytes { lines in
                LZ4_compress_default(
                    lines.baseAddress?.assumingMemoryBound(to: CChar.self),
                    UnsafeMutableRawPointer(stored.baseAddress)?.advanced(by: headLength)
                        .assumingMemoryBound(to: CChar.self), size, Int32(bound))
            }
            guard written > 0 else { return }
            stored[0] = mark
            for place in 1..<headLength { stored[place] = UInt8(truncatingIfNeeded: size >> Int32(32 - place * 8)) }
            count = headLength + Int(written)
        }
        return !stored.isEmpty && stored.count < lines.count ? stored : nil
    }
}
