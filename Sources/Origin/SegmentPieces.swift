/// Hands a range of a planned object to a sink in pieces, when the object is made from its start on: what lies before the
/// range is made and dropped, what lies after it is not made.
struct RangeFilter {
    /// Made and not yet past the filter.
    private var position: UInt64 = 0
    private let range: Range<UInt64>

    init(_ range: Range<UInt64>) {
        self.range = range
    }

    /// Whether nothing more is wanted.
    var isDone: Bool { position >= range.upperBound }

    /// The part of the next bytes that lies in the range; nil when none does.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let start = position
        position += UInt64(bytes.count)
        let lower = max(start, range.lowerBound)
        let upper = min(position, range.upperBound)
        guard lower < upper else { return nil }
        return bytes[(bytes.startIndex + Int(lower - start))..<(bytes.startIndex + Int(upper - start))]
    }
}

/// How much media is read, encrypted and sent at a time, in bytes: it stays in the processor's second-level cache.
let pieceSize = 128 << 10
