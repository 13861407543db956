/// What a `Range` field asks of a representation: one range of bytes (RFC 9110, 14.1.2).
public enum ByteRangeField: Sendable, Hashable {
    /// All of it. So are several ranges, other units and malformed fields, which may be ignored (14.2).
    case whole
    case part(Range<UInt64>)
    /// There is nothing of it.
    case notSatisfiable

    /// - Parameter size: of the representation, in bytes.
    public init(_ field: String, size: UInt64) {
        self = .whole
        guard field.hasPrefix("bytes=") else { return }
        let sides = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard sides.count == 2 else { return }
        let (first, last) = (Self.text(sides[0]), Self.text(sides[1]))
        guard first.allSatisfy(Self.isDigit), last.allSatisfy(Self.isDigit), !(first.isEmpty && last.isEmpty) else {
            return
        }
        if first.isEmpty {
            let count = Self.number(last)
            self = count > 0 && size > 0 ? .part(size - min(count, size)..<size) : .notSatisfiable
            return
        }
        let start = Self.number(first)
        let end = last.isEmpty ? UInt64.max : Self.number(last)
        guard end >= start else { return }
        self = start < size ? .part(start..<min(end, size - 1) + 1) : .notSatisfiable
    }

    private static func text(_ side: Substring) -> Substring.UTF8View {
        var side = side.utf8
        while side.first == 0x20 { side.removeFirst() }
        while side.last == 0x20 { side.removeLast() }
        return side
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// A number beyond all sizes is as good as the largest.
    private static func number(_ digits: Substring.UTF8View) -> UInt64 {
        digits.reduce(0) { value, digit in
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tens.addingReportingOverflow(UInt64(digit - 0x30))
            return isTooLarge || isStillTooLarge ? .max : sum
        }
    }
}
