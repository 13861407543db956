/// Finds what libyaml could read as an anchor (`&a`) or an alias (`*a`, YAML 1.2.2, 7.1) before it reads it.
///
/// A few lines of aliases can stand for billions of nodes, and the composer hashes keys as it goes, so aliases must be
/// seen before the text is composed. The search errs on one side only: text that merely looks like an alias is refused
/// too, but nothing that is one gets through. Only lines that are comments or text as a whole are left out.
struct AliasGuard {
    /// Where the first one stands; counts from 1, the column in bytes.
    struct Finding: Equatable {
        var line: Int
        var column: Int
    }

    /// The first anchor or alias, or nil.
    static func find(in text: String) -> Finding? {
        let lines = Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false)
        for (position, line) in lines.enumerated() where !isCommentOrText(line) {
            if let column = column(in: line) { return Finding(line: position + 1, column: column) }
        }
        return nil
    }

    /// A line that starts with `#` and holds no quotation mark is a comment, or lies inside a longer text: in neither
    /// case can a token start on it.
    private static func isCommentOrText(_ line: ArraySlice<UInt8>) -> Bool {
        let content = line.drop { $0 == 0x20 || $0 == 0x09 }
        // A carriage return, or a byte of one of Unicode's line ends, would end the comment within the line.
        return content.first == 0x23 && !content.contains { $0 == 0x22 || $0 == 0x27 || $0 == 0x0D || $0 >= 0x80 }
    }

    private static func column(in line: ArraySlice<UInt8>) -> Int? {
        var before: UInt8?
        for (offset, byte) in line.enumerated() {
            let next = line.dropFirst(offset + 1).first
            if byte == 0x26 || byte == 0x2A, canStartToken(after: before), isNameByte(next) { return offset + 1 }
            before = byte
        }
        return nil
    }

    /// A token starts after a line's start, white space, a flow indicator, or a line end or byte order mark beyond
    /// ASCII.
    private static func canStartToken(after byte: UInt8?) -> Bool {
        guard let byte else { return true }
        return byte <= 0x20 || byte >= 0x80 || [0x2C, 0x3A, 0x3F, 0x5B, 0x7B].contains(byte)
    }

    /// What libyaml takes as the first byte of an anchor's name.
    private static func isNameByte(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == 0x2D || byte == 0x5F
    }
}
