/// Events one behind the other, each a line, as a row of the log holds them.
public struct AuditLines: Sendable {
    /// The lines, with line breaks between them.
    public private(set) var bytes: [UInt8] = []
    /// Where in `bytes` each line ends.
    private var ends: [Int] = []
    /// When each of the events happened, in seconds since 1970.
    private var moments: [Double] = []

    private static let separator = UInt8(ascii: "\n")

    public init() {}

    public init(_ entries: [AuditEntry]) {
        append(entries)
    }

    /// When the first and the last of the events happened; nil when there are none.
    public var times: ClosedRange<Double>? {
        guard let first = moments.min(), let last = moments.max() else { return nil }
        return first...last
    }

    public var count: Int { ends.count }
    public var isEmpty: Bool { ends.isEmpty }

    /// Takes room for as much as other lines take.
    public mutating func reserve(as other: AuditLines) {
        bytes.reserveCapacity(other.bytes.count)
        ends.reserveCapacity(other.count)
        moments.reserveCapacity(other.count)
    }

    public mutating func append(_ entries: [AuditEntry]) {
        for entry in entries { append(entry) }
    }

    public mutating func append(_ entry: AuditEntry) {
        entry.event.withUnsafeBufferPointer { append($0, at: entry.time) }
    }

    /// Adds some of other lines.
    public mutating func append(_ other: AuditLines, _ lines: Range<Int>) {
        other.bytes.withUnsafeBufferPointer { bytes in
            for line in lines {
                append(UnsafeBufferPointer(rebasing: bytes[other.place(of: line)]), at: other.moments[line])
            }
        }
    }

    private mutating func append(_ line: UnsafeBufferPointer<UInt8>, at moment: Double) {
        if !ends.isEmpty { bytes.append(Self.separator) }
        bytes.append(contentsOf: line)
        ends.append(bytes.count)
        moments.append(moment)
    }

    func place(of line: Int) -> Range<Int> {
        (line == 0 ? 0 : ends[line - 1] + 1)..<ends[line]
    }
}
