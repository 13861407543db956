/// tile_info() (AV1, 5.9.15): into how many tiles a frame is cut, and how their sizes are written.
struct AV1TileInfo: Hashable, Sendable {
    private(set) var columns = 1
    private(set) var rows = 1
    private(set) var columnBits = 0
    private(set) var rowBits = 0
    /// TileSizeBytes.
    private(set) var sizeBytes = 0

    var count: Int { columns * rows }

    /// MAX_TILE_COLS and MAX_TILE_ROWS.
    private static let maximum = 64

    init(_ reader: inout BitReader, width: Int, height: Int, usesLargeSuperblocks: Bool) throws(CodecSyntaxError) {
        // In units of 4 luma samples, then in superblocks (5.9.9).
        let shift = usesLargeSuperblocks ? 5 : 4
        let superblocks = [width, height].map { (2 * (($0 + 7) >> 3) + (1 << shift) - 1) >> shift }
        let maximumWidth = 4096 >> (shift + 2)
        let maximumArea = (4096 * 2304) >> (2 * (shift + 2))
        let leastColumns = Self.log2(maximumWidth, superblocks[0])
        let leastTiles = max(leastColumns, Self.log2(maximumArea, superblocks[0] * superblocks[1]))
        if try reader.flag() {  // uniform_tile_spacing_flag
            columnBits = try Self.readLog2(
                &reader, from: leastColumns, to: Self.log2(1, min(superblocks[0], Self.maximum)))
            columns = Self.uniform(superblocks[0], columnBits)
            rowBits = try Self.readLog2(
                &reader, from: max(leastTiles - columnBits, 0), to: Self.log2(1, min(superblocks[1], Self.maximum)))
            rows = Self.uniform(superblocks[1], rowBits)
        } else {
            let across = try Self.readSizes(&reader, superblocks[0], maximumWidth)
            columns = across.count
            columnBits = Self.log2(1, columns)
            let total = superblocks[0] * superblocks[1]
            let area = leastTiles > 0 ? total >> (leastTiles + 1) : total
            rows = try Self.readSizes(&reader, superblocks[1], max(area / max(across.widest, 1), 1)).count
            rowBits = Self.log2(1, rows)
        }
        guard columns <= Self.maximum, rows <= Self.maximum else { throw reader.error(.outOfRange, "too many tiles") }
        guard columnBits > 0 || rowBits > 0 else { return }
        _ = try reader.bits(columnBits + rowBits)  // context_update_tile_id
        sizeBytes = try reader.integer(2) + 1
    }

    /// tile_log2() (5.9.16).
    private static func log2(_ size: Int, _ target: Int) -> Int {
        var power = 0
        while size << power < target { power += 1 }
        return power
    }

    private static func readLog2(
        _ reader: inout BitReader, from least: Int, to most: Int
    ) throws(CodecSyntaxError) -> Int {
        var value = least
        while value < most, try reader.flag() { value += 1 }
        return value
    }

    private static func uniform(_ superblocks: Int, _ bits: Int) -> Int {
        let size = max((superblocks + (1 << bits) - 1) >> bits, 1)
        return (superblocks + size - 1) / size
    }

    private static func readSizes(
        _ reader: inout BitReader, _ superblocks: Int, _ maximum: Int
    ) throws(CodecSyntaxError) -> (count: Int, widest: Int) {
        var (start, count, widest) = (0, 0, 0)
        while start < superblocks {
            let size = try reader.nonSymmetric(min(superblocks - start, maximum)) + 1
            widest = max(widest, size)
            start += size
            count += 1
        }
        return (count, widest)
    }
}

extension BitReader {
    /// ns(n) (4.10.7), n at least 1.
    mutating func nonSymmetric(_ count: Int) throws(CodecSyntaxError) -> Int {
        let width = Int.bitWidth - max(count, 1).leadingZeroBitCount
        let short = (1 << width) - count
        let value = try integer(width - 1)
        guard value >= short else { return value }
        return (value << 1) - short + (try integer(1))
    }

    /// su(n) (4.10.6).
    mutating func signed(_ count: Int) throws(CodecSyntaxError) -> Int {
        let value = try integer(count)
        return value >> (count - 1) == 1 ? value - (1 << count) : value
    }
}
