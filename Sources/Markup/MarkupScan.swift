/// A look over a document before it is parsed, that refuses what is too much and what no document here needs: document
/// types (and with them every entity), processing instructions, encodings other than UTF-8.
///
/// It knows tags and quotes only; whether the document is well formed is the parser's to say. Nothing that it lets through
/// can cost the parser more than a small multiple of its size.
struct MarkupScan {
    private let bytes: UnsafeRawBufferPointer
    private let limits: MarkupLimits
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0
    private var starts: [MarkupPosition] = []

    private init(_ bytes: UnsafeRawBufferPointer, _ limits: MarkupLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Where the elements start, in the document's order.
    static func starts(
        in bytes: UnsafeRawBufferPointer, within limits: MarkupLimits
    ) throws(MarkupError) -> [MarkupPosition] {
        var scan = MarkupScan(bytes, limits)
        try scan.run()
        return scan.starts
    }

    private var position: MarkupPosition { MarkupPosition(line: line, column: offset - lineStart + 1) }

    private mutating func run() throws(MarkupError) {
        guard bytes.count <= limits.bytes else {
            throw MarkupError(position, "the document is longer than \(limits.bytes) bytes")
        }
        if starts(with: [0xEF, 0xBB, 0xBF]) {
            offset = 3
            lineStart = 3
        }
        try declaration()
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "<") {
                try markup()
            } else {
                try step()
            }
        }
    }

    /// The XML declaration, when there is one: of UTF-8 only.
    private mutating func declaration() throws(MarkupError) {
        guard starts(with: Array("<?xml".utf8)), byte(at: offset + 5).map({ $0 <= 0x20 }) == true else { return }
        let start = offset
        let place = position
        try skip(to: Array("?>".utf8), from: "the XML declaration", at: place)
        guard offset - start <= 200 else { throw MarkupError(place, "the XML declaration is too long") }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self).lowercased()
        guard let named = text.firstRange(of: "encoding") else { return }
        let value = text[named.upperBound...].drop { " \t\r\n=".contains($0) }.dropFirst()
        guard value.hasPrefix("utf-8") || value.hasPrefix("us-ascii") else {
            throw MarkupError(place, "the encoding is not UTF-8")
        }
    }

    private mutating func markup() throws(MarkupError) {
        let place = position
        switch byte(at: offset + 1) {
        case UInt8(ascii: "!"):
            if starts(with: Array("<!--".utf8)) {
                offset += 4
                try skip(to: Array("-->".utf8), from: "a comment", at: place)
            } else if starts(with: Array("<![CDATA[".utf8)) {
                try skip(to: Array("]]>".utf8), from: "a CDATA section", at: place)
            } else {
                throw MarkupError(place, "document types and entities are not allowed")
            }
        case UInt8(ascii: "?"): throw MarkupError(place, "processing instructions are not allowed")
        case UInt8(ascii: "/"):
            depth -= 1
            _ = try tag(at: place)
        default:
            starts.append(place)
            guard starts.count <= limits.elements else {
                throw MarkupError(place, "there are more than \(limits.elements) elements")
            }
            guard depth < limits.depth else {
                throw MarkupError(place, "elements are nested deeper than \(limits.depth)")
            }
            if try !tag(at: place) { depth += 1 }
        }
    }

    /// Skips a tag; whether it ends its own element.
    private mutating func tag(at place: MarkupPosition) throws(MarkupError) -> Bool {
        let start = offset
        var quote: UInt8?
        var attributes = 0
        try step()
        while let byte = byte(at: offset) {
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
                attributes += 1
            } else if byte == UInt8(ascii: ">") {
                let isEmpty = bytes[offset - 1] == UInt8(ascii: "/")
                try step()
                return isEmpty
            }
            guard byte != UInt8(ascii: "<") else { throw MarkupError(position, "'<' within a tag") }
            guard offset - start < limits.tagBytes else {
                throw MarkupError(place, "a tag is longer than \(limits.tagBytes) bytes")
            }
            guard attributes <= limits.attributes else {
                throw MarkupError(place, "an element has more than \(limits.attributes) attributes")
            }
            try step()
        }
        throw MarkupError(place, "a tag does not end")
    }

    private mutating func skip(
        to end: [UInt8], from what: String, at place: MarkupPosition
    ) throws(MarkupError) {
        while offset < bytes.count {
            if starts(with: end) {
                offset += end.count
                return
            }
            try step()
        }
        throw MarkupError(place, "\(what) does not end")
    }

    /// One byte on.
    private mutating func step() throws(MarkupError) {
        switch bytes[offset] {
        case 0: throw MarkupError(position, "the encoding is not UTF-8")
        case 0x0A:
            offset += 1
            line += 1
            lineStart = offset
        default: offset += 1
        }
    }

    private func byte(at offset: Int) -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private func starts(with prefix: [UInt8]) -> Bool {
        bytes.count - offset >= prefix.count && bytes[offset..<(offset + prefix.count)].elementsEqual(prefix)
    }
}
