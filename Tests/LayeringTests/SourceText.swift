/// Swift source with comments and the text of string literals blanked out, so that a search finds code only. Bytes keep
/// their places, and with them lines and columns. Code inside an interpolation stays.
///
/// Regular expression literals are not known to it: one that holds a quotation mark would be read as a string.
struct SourceText {
    private enum Mode {
        /// Code; inside an interpolation with the number of parentheses that are open in it.
        case code(openParentheses: Int?)
        case string(hashes: Int, isMultiline: Bool)
        case lineComment
        case blockComment(depth: Int)
    }

    private let source: [UInt8]
    private(set) var code: [UInt8]
    private var position = 0
    private var modes: [Mode] = [.code(openParentheses: nil)]

    init(_ text: String) {
        source = Array(text.utf8)
        code = source
        while position < source.count { step() }
    }

    /// The lines of the code, without their line ends.
    var lines: [String] {
        code.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    var text: String { String(decoding: code, as: UTF8.self) }

    private mutating func step() {
        guard let mode = modes.last else {
            position = source.count
            return
        }
        switch mode {
        case .code(let open): stepInCode(open)
        case .string(let hashes, let isMultiline): stepInString(hashes, isMultiline)
        case .lineComment:
            if source[position] == 0x0A { modes.removeLast() }
            blank(1)
        case .blockComment(let depth): stepInBlockComment(depth)
        }
    }

    private mutating func stepInCode(_ open: Int?) {
        if starts("//") { return enter(.lineComment, 2) }
        if starts("/*") { return enter(.blockComment(depth: 1), 2) }
        var hashes = 0
        while position + hashes < source.count, source[position + hashes] == 0x23 { hashes += 1 }
        if starts("\"\"\"", at: hashes) { return enter(.string(hashes: hashes, isMultiline: true), hashes + 3) }
        if starts("\"", at: hashes) { return enter(.string(hashes: hashes, isMultiline: false), hashes + 1) }
        if let open {
            let change = source[position] == 0x28 ? 1 : source[position] == 0x29 ? -1 : 0
            modes.removeLast()
            if open + change > 0 { modes.append(.code(openParentheses: open + change)) }
        }
        position += 1
    }

    private mutating func stepInString(_ hashes: Int, _ isMultiline: Bool) {
        let mark = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + mark
        if starts("\\" + mark + "(") {
            modes.append(.code(openParentheses: 1))
            return blank(hashes + 2)
        }
        if hashes == 0, starts("\\") { return blank(2) }
        if starts(end) || (!isMultiline && source[position] == 0x0A) {
            modes.removeLast()
            return blank(starts(end) ? end.utf8.count : 1)
        }
        blank(1)
    }

    private mutating func stepInBlockComment(_ depth: Int) {
        if starts("*/") {
            modes.removeLast()
            if depth > 1 { modes.append(.blockComment(depth: depth - 1)) }
            return blank(2)
        }
        if starts("/*") {
            modes.removeLast()
            return enter(.blockComment(depth: depth + 1), 2)
        }
        blank(1)
    }

    private mutating func enter(_ mode: Mode, _ length: Int) {
        modes.append(mode)
        blank(length)
    }

    private mutating func blank(_ length: Int) {
        for offset in position..<min(position + length, source.count) where source[offset] != 0x0A {
            code[offset] = 0x20
        }
        position += length
    }

    private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
        starts(text.description, at: offset)
    }

    private func starts(_ text: String, at offset: Int = 0) -> Bool {
        source.dropFirst(position + offset).starts(with: text.utf8)
    }
}
