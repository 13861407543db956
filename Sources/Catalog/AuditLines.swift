/// Events one behind the other, each a line, as a row of the log holds them.
public struct AuditLines: Sendable {
    /// The lines, with line breaks between them.
    public private(set) var bytes: [UInt8] = []
    /// Where in `bytes` each line ends.
    private var ends: [Int] = []
    /// When the first and the last of the events happened, in seconds since 1970.
    public private(set) var times: ClosedRange<Double>?

    private static let separator = UInt8(ascii: "\n")

    public init() {}

    public init(_ entries: [AuditEntry]) {
        append(entries)
    }

    public var count: Int { ends.count }
    public var isEmpty: Bool { ends.isEmpty }

    /// Takes room for as much as other lines take.
    public mutating func reserve(as other: AuditLines) {
        bytes.reserveCapacity(other.bytes.count)
        ends.reserveCapacity(other.count)
    }

    public mutating func append(_ entries: [AuditEntry]) {
        for entry in entries { append(entry) }
    }

    public mutating func append(_ entry: AuditEntry) {
        entry.event.withUnsafeBufferPointer { append($0, at: entry.time...entry.time) }
    }

    /// Adds some of other lines. Their times are then those of all of them: a row's times are for finding it.
    public mutating func append(_ other: AuditLines, _ lines: Range<Int>) {
        guard let times = other.times else { return }
        other.bytes.withUnsafeBufferPointer { bytes in
            for line in lines { append(UnsafeBufferPointer(rebasing: bytes[other.place(of: line)]), at: times) }
        }
    }

    private mutating func append(_ line: UnsafeBufferPointer<UInt8>, at span: ClosedRange<Double>) {
        if !ends.isEmpty { bytes.append(Self.separator) }
        bytes.append(contentsOf: line)
        ends.append(bytes.count)
        guard let times else {
            times = span
            return
        }
        self.times = min(times.lowerBound, span.lowerBound)...max(times.upperBound, span.upperBound)
    }

    func place(of line: Int) -> Range<Int> {
        (line == 0 ? 0 : ends[line - 1] + 1)..<ends[line]
    }
}
