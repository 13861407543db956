/// Reads the elements of an XML document (XML 1.0) that comes from anyone: in one pass, without entities of its own,
/// document types, comments or CDATA. What the licence server could read differently is refused here.
struct MarkupReader {
    struct Element {
        /// Without its prefix.
        var name: String
        var attributes: [String: String]
        /// Everything between the tags that is not an element.
        var text = ""
        /// The names of the elements around it, from the root.
        var path: [String]
    }

    /// The most elements that may lie within each other, and the most of all.
    private static let maximumDepth = 32
    private static let maximumCount = 4096

    private let text: [UInt8]
    private var position = 0
    private let format: ProtectionSystemError.Format

    /// - Parameter text: UTF-8.
    private init(_ text: [UInt8], _ format: ProtectionSystemError.Format) {
        self.text = text
        self.format = format
    }

    /// Every element of a document, in the order in which they end.
    static func elements(
        of text: [UInt8], _ format: ProtectionSystemError.Format
    ) throws(ProtectionSystemError) -> [Element] {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw ProtectionSystemError(format, "it is not in UTF-8")
        }
        var reader = MarkupReader(text, format)
        return try reader.read()
    }

    private mutating func read() throws(ProtectionSystemError) -> [Element] {
        var open: [(tag: String, element: Element)] = []
        var closed: [Element] = []
        while position < text.count {
            guard text[position] == UInt8(ascii: "<") else {
                let piece = try characters(upTo: UInt8(ascii: "<"))
                if open.isEmpty {
                    guard piece.allSatisfy(\.isWhitespace) else { throw defect("text outside the root element") }
                } else {
                    open[open.count - 1].element.text += piece
                }
                continue
            }
            position += 1
            switch peek {
            case UInt8(ascii: "?"): try skipInstruction()
            case UInt8(ascii: "!"): throw defect("document types, comments and CDATA are not read")
            case UInt8(ascii: "/"):
                position += 1
                let tag = try name()
                skipSpace()
                try expect(">")
                guard let last = open.popLast(), last.tag == tag else { throw defect("tags do not match") }
                closed.append(last.element)
            default:
                guard open.count < Self.maximumDepth else { throw defect("elements lie too deep") }
                guard closed.count + open.count < Self.maximumCount else { throw defect("too many elements") }
                guard !open.isEmpty || closed.isEmpty else { throw defect("two root elements") }
                let (tag, element, isEmpty) = try start(within: open.map(\.element.name))
                if isEmpty { closed.append(element) } else { open.append((tag, element)) }
            }
        }
        guard open.isEmpty, !closed.isEmpty else { throw defect("it ends too early") }
        return closed
    }

    private mutating func start(
        within path: [String]
    ) throws(ProtectionSystemError) -> (tag: String, element: Element, isEmpty: Bool) {
        let tag = try name()
        var attributes: [String: String] = [:]
        while true {
            let hadSpace = skipSpace()
            if peek == UInt8(ascii: ">") || peek == UInt8(ascii: "/") { break }
            guard hadSpace else { throw defect("attributes are not apart") }
            let name = try name()
            skipSpace()
            try expect("=")
            skipSpace()
            guard let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                throw defect("an attribute without quotes")
            }
            position += 1
            let value = try characters(upTo: quote)
            guard peek == quote else { throw defect("an attribute without end") }
            position += 1
            guard attributes.updateValue(value, forKey: name) == nil else { throw defect("an attribute comes twice") }
        }
        let isEmpty = peek == UInt8(ascii: "/")
        if isEmpty { position += 1 }
        try expect(">")
        let local = tag.split(separator: ":", omittingEmptySubsequences: false).last.map(String.init) ?? tag
        return (tag, Element(name: local, attributes: attributes, path: path), isEmpty)
    }

    private var peek: UInt8? { position < text.count ? text[position] : nil }

    private mutating func expect(_ character: Unicode.Scalar) throws(ProtectionSystemError) {
        guard peek == UInt8(ascii: character) else { throw defect("a tag is malformed") }
        position += 1
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = position
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
        return position > start
    }

    /// The XML declaration, or an instruction for someone else.
    private mutating func skipInstruction() throws(ProtectionSystemError) {
        while position + 1 < text.count {
            if text[position] == UInt8(ascii: "?"), text[position + 1] == UInt8(ascii: ">") {
                position += 2
                return
            }
            position += 1
        }
        throw defect("it ends too early")
    }

    private mutating func name() throws(ProtectionSystemError) -> String {
        let start = position
        while let byte = peek, byte >= 0x80 || Self.nameBytes.contains(byte) { position += 1 }
        guard position > start else { throw defect("a name is missing") }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    /// Text with its references replaced (4.1): the five of XML itself, and characters by number.
    private mutating func characters(upTo end: UInt8) throws(ProtectionSystemError) -> String {
        var output: [UInt8] = []
        while let byte = peek, byte != end, byte != UInt8(ascii: "<") {
            position += 1
            guard byte == UInt8(ascii: "&") else {
                output.append(byte)
                continue
            }
            guard let close = text[position..<min(position + 12, text.count)].firstIndex(of: UInt8(ascii: ";")),
                let scalar = Self.scalar(of: String(decoding: text[position..<close], as: UTF8.self))
            else { throw defect("a reference that is not known") }
            output += Array(String(Character(scalar)).utf8)
            position = close + 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func scalar(of reference: String) -> Unicode.Scalar? {
        switch reference {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard reference.hasPrefix("#") else { return nil }
            let digits = reference.dropFirst()
            let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return number.flatMap { $0 >= 0x20 || [9, 10, 13].contains($0) ? Unicode.Scalar($0) : nil }
        }
    }

    private func defect(_ reason: String) -> ProtectionSystemError { ProtectionSystemError(format, reason) }

    private static let nameBytes = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:".utf8)
}
