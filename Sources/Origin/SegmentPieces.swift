/// The bytes of a range of a segment, piece by piece: what lies before the range is made and dropped, what lies after it is
/// not made.
///
/// `@unchecked Sendable`: its steps are made one after the other, each perhaps on another thread; whoever makes the next one
/// has waited for the last.
public final class SegmentPieces: @unchecked Sendable {
    /// How much is best made at a time, in bytes: it stays in the processor's second-level cache.
    public static let size = 128 << 10

    let maker: any SegmentMaker
    /// Bytes before the range that are still to be made.
    private var skipped: UInt64
    /// Bytes of the range that are still to come.
    public private(set) var left: UInt64

    public init(_ source: any SegmentSource, _ range: Range<UInt64>) throws {
        if let seekable = source as? any SeekableSource {
            maker = try seekable.begin(at: range.lowerBound)
            skipped = 0
        } else {
            maker = try source.begin()
            skipped = range.lowerBound
        }
        left = range.upperBound - range.lowerBound
    }

    /// Puts the next bytes at the start of the buffer. One step: it may give none although more will come.
    ///
    /// - Returns: how many; nil when the disk has to be waited for, and may not be.
    /// - Throws: also when the media ends before what was planned.
    public func next(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        guard left > 0 else { return 0 }
        guard let made = try maker.make(into: buffer, mayWait: mayWait) else { return nil }
        return try take(made, buffer)
    }

    /// Of what was made, the part that is in the range, moved to the start of the buffer.
    func take(_ made: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard made > 0, made <= buffer.count else {
            throw OriginError(.storageFault, "a segment's media ended before its planned size")
        }
        guard skipped < UInt64(made) else {
            skipped -= UInt64(made)
            return 0
        }
        let start = Int(skipped)
        skipped = 0
        let count = Int(min(UInt64(made - start), left))
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + count]))
        }
        left -= UInt64(count)
        return count
    }
}
