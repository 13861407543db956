/// An element of an XML document with everything in its order, as mixed content needs it.
struct MarkupTree: Sendable, Hashable {
    struct Name: Sendable, Hashable {
        /// Empty for none.
        var namespace: String
        var local: String
    }

    struct Attribute: Sendable, Hashable {
        var name: Name
        var value: String
    }

    enum Node: Sendable, Hashable {
        case element(MarkupTree)
        case text(String)
    }

    var name: Name
    var attributes: [Attribute]
    var nodes: [Node]
    /// From 1.
    var line: Int

    var elements: [MarkupTree] {
        nodes.compactMap { node in
            if case .element(let element) = node { element } else { nil }
        }
    }

    func attribute(_ local: String, in namespace: String = "") -> String? {
        attributes.first { $0.name == Name(namespace: namespace, local: local) }?.value
    }
}

/// Reads XML 1.0 with namespaces from untrusted bytes: UTF-8, no document type, no entities but those that XML has of
/// itself. Nothing is loaded. Depth, elements and attributes are bounded.
struct MarkupReader {
    static let depth = 64
    static let elements = 300_000
    static let attributes = 64
    static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var count = 0

    /// - Throws: `SubtitleError` with the line of the first thing that is wrong.
    static func read(_ bytes: [UInt8]) throws(SubtitleError) -> MarkupTree {
        var reader = MarkupReader(bytes: bytes)
        return try reader.document()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func error(_ reason: String, _ code: SubtitleError.Code = .damaged) -> SubtitleError {
        SubtitleError(code, line: line, reason)
    }

    private mutating func document() throws(SubtitleError) -> MarkupTree {
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw error("it is UTF-16; only UTF-8 is taken", .unsupported)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        if at("<?xml") { try skip(past: "?>") }
        try skipBetweenElements()
        guard at("<") else { throw error("it is not XML", .notSubtitles) }
        let root = try element(["": "", "xml": Self.xmlNamespace], depth: 1)
        try skipBetweenElements()
        guard position == bytes.count else { throw error("something follows the last element") }
        return root
    }

    private func at(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[position..<(position + count)]) }
    }

    private mutating func advance(_ count: Int) {
        for byte in bytes[position..<(position + count)] where byte == 0x0A { line += 1 }
        position += count
    }

    private mutating func skip(past end: StaticString) throws(SubtitleError) {
        while position < bytes.count {
            if at(end) {
                advance(end.utf8CodeUnitCount)
                return
            }
            advance(1)
        }
        throw error("it ends too early")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { advance(1) }
    }

    private mutating func skipBetweenElements() throws(SubtitleError) {
        while true {
            skipSpace()
            if at("<!--") {
                try skip(past: "-->")
            } else if at("<?") {
                try skip(past: "?>")
            } else if at("<!") {
                throw error("document types and entities are not taken", .unsupported)
            } else {
                return
            }
        }
    }

    private mutating func word() throws(SubtitleError) -> String {
        let start = position
        let ends: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D, 0x3D, 0x2F, 0x3E, 0x3C, 0x22, 0x27, 0x26]
        while position < bytes.count, !ends.contains(bytes[position]) { position += 1 }
        guard position > start, position - start <= 256,
            let name = String(validating: bytes[start..<position], as: UTF8.self),
            let first = name.unicodeScalars.first, first == "_" || first.properties.isAlphabetic,
            name.unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "-._:".unicodeScalars.contains($0)
            })
        else { throw error("a name is missing or not one of XML") }
        return name
    }

    private mutating func element(
        _ outer: [String: String], depth: Int
    ) throws(SubtitleError) -> MarkupTree {
        guard depth <= Self.depth else {
            throw error("elements are nested deeper than \(Self.depth)", .limitExceeded)
        }
        count += 1
        guard count <= Self.elements else {
            throw error("it has more than \(Self.elements) elements", .limitExceeded)
        }
        let start = line
        advance(1)
        let name = try word()
        let (all, isEmpty) = try tag()
        var namespaces = outer
        for (name, value) in all {
            if name == "xmlns" { namespaces[""] = value }
            if name.hasPrefix("xmlns:") { namespaces[String(name.dropFirst(6))] = value }
        }
        guard namespaces.count <= Self.attributes else { throw error("it has too many namespaces", .limitExceeded) }
        var attributes: [MarkupTree.Attribute] = []
        for (name, value) in all where name != "xmlns" && !name.hasPrefix("xmlns:") {
            let resolved = try self.name(name, namespaces, isAttribute: true)
            guard !attributes.contains(where: { $0.name == resolved }) else { throw error("an attribute stands twice") }
            attributes.append(MarkupTree.Attribute(name: resolved, value: value))
        }
        var tree = MarkupTree(
            name: try self.name(name, namespaces, isAttribute: false), attributes: attributes, nodes: [], line: start)
        if !isEmpty {
            tree.nodes = try content(namespaces, depth: depth)
            guard try word() == name else { throw error("an element is closed by another name") }
            skipSpace()
            guard at(">") else { throw error("a tag is not closed") }
            advance(1)
        }
        return tree
    }

    /// Attributes and the end of a tag.
    private mutating func tag() throws(SubtitleError) -> (attributes: [(name: String, value: String)], isEmpty: Bool) {
        var attributes: [(name: String, value: String)] = []
        while true {
            let before = position
            skipSpace()
            if at("/>") {
                advance(2)
                return (attributes, true)
            }
            if at(">") {
                advance(1)
                return (attributes, false)
            }
            guard position < bytes.count else { throw error("it ends too early") }
            guard position > before else { throw error("a tag is not well-formed") }
            guard attributes.count < Self.attributes else {
                throw error("an element has more than \(Self.attributes) attributes", .limitExceeded)
            }
            let name = try word()
            skipSpace()
            guard at("=") else { throw error("an attribute has no value") }
            advance(1)
            skipSpace()
            guard position < bytes.count, bytes[position] == 0x22 || bytes[position] == 0x27 else {
                throw error("an attribute's value has no quotes")
            }
            let quote = bytes[position]
            advance(1)
            attributes.append((name, try text(until: quote)))
            advance(1)
        }
    }

    private func name(
        _ text: String, _ namespaces: [String: String], isAttribute: Bool
    ) throws(SubtitleError) -> MarkupTree.Name {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return MarkupTree.Name(namespace: isAttribute ? "" : namespaces[""] ?? "", local: text)
        case 2 where !parts[1].isEmpty:
            guard let namespace = namespaces[parts[0]] else { throw error("a prefix has no namespace") }
            return MarkupTree.Name(namespace: namespace, local: parts[1])
        default: throw error("a name has more than one colon")
        }
    }

    /// Up to the name in the end tag.
    private mutating func content(
        _ namespaces: [String: String], depth: Int
    ) throws(SubtitleError) -> [MarkupTree.Node] {
        var nodes: [MarkupTree.Node] = []
        var pending = ""
        func flush() {
            if !pending.isEmpty { nodes.append(.text(pending)) }
            pending = ""
        }
        while position < bytes.count {
            if at("</") {
                advance(2)
                flush()
                return nodes
            } else if at("<!--") {
                try skip(past: "-->")
            } else if at("<![CDATA[") {
                advance(9)
                let start = position
                try skip(past: "]]>")
                pending += try decoded(start..<(position - 3))
            } else if at("<?") {
                try skip(past: "?>")
            } else if at("<!") {
                throw error("document types and entities are not taken", .unsupported)
            } else if at("<") {
                flush()
                nodes.append(.element(try element(namespaces, depth: depth + 1)))
            } else {
                pending += try text(until: 0x3C)
            }
        }
        throw error("an element is not closed")
    }

    /// Text with its references replaced, up to a byte that is not taken.
    private mutating func text(until end: UInt8) throws(SubtitleError) -> String {
        var text = ""
        var start = position
        while position < bytes.count, bytes[position] != end {
            guard bytes[position] != 0x3C else { throw error("'<' stands in an attribute's value") }
            if bytes[position] == 0x26 {
                text += try decoded(start..<position)
                text += try reference()
                start = position
            } else {
                advance(1)
            }
        }
        guard position < bytes.count else { throw error("it ends too early") }
        return text + (try decoded(start..<position))
    }

    /// Line ends as XML has them (2.11).
    private func decoded(_ range: Range<Int>) throws(SubtitleError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw error("it is not text in UTF-8") }
        let isCharacter = text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 || $0 == "\t" || $0 == "\n" || $0 == "\r"
        }
        guard isCharacter else { throw error("it has a character that XML does not have") }
        return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }

    private mutating func reference() throws(SubtitleError) -> String {
        let start = position + 1
        var end = start
        while end < bytes.count, end - start < 12, bytes[end] != 0x3B { end += 1 }
        guard end < bytes.count, bytes[end] == 0x3B else { throw error("'&' begins no reference") }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        advance(end + 1 - position)
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let value =
                name.hasPrefix("#x")
                ? UInt32(name.dropFirst(2), radix: 16)
                : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let scalar = value.flatMap(Unicode.Scalar.init),
                scalar.value >= 0x20 || [0x09, 0x0A, 0x0D].contains(scalar.value)
            else { throw error("an entity or a character that XML does not have") }
            return String(Character(scalar))
        }
    }
}
