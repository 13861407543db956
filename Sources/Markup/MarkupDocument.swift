import CLibXML2
public import ContentKeys

/// A document that was read: its tree as a value, and what canonical XML needs to be made of parts of it.
///
/// Input is hostile: see `MarkupScan` and `MarkupLimits`. Nothing is loaded, no entity is expanded but those that XML has
/// of itself. Not `Sendable`: one owner, one task; the tree may go anywhere.
public final class MarkupDocument {
    public let root: MarkupElement
    private let document: xmlDocPtr

    private static let isReady: Bool = keyway_xml_setup() == 0

    /// - Throws: `MarkupError`.
    public init(_ bytes: UnsafeRawBufferPointer, limits: MarkupLimits = MarkupLimits()) throws(MarkupError) {
        let origin = MarkupPosition(line: 1, column: 1)
        guard Self.isReady else { throw MarkupError(origin, "libxml2 did not start") }
        let starts = try MarkupScan.starts(in: bytes, within: limits)
        let document = try Self.parse(bytes)
        do throws(MarkupError) {
            guard document.pointee.intSubset == nil, document.pointee.extSubset == nil else {
                throw MarkupError(origin, "document types and entities are not allowed")
            }
            guard let element = xmlDocGetRootElement(document) else { throw MarkupError(origin, "there is no element") }
            var reading = TreeReading(starts: starts)
            root = try reading.element(element)
            guard reading.count == starts.count else {
                throw MarkupError(root.position, "the document reads in two ways")
            }
        } catch {
            xmlFreeDoc(document)
            throw error
        }
        self.document = document
    }

    deinit {
        xmlFreeDoc(document)
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) throws(MarkupError) -> xmlDocPtr {
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue | XML_PARSE_COMPACT.rawValue
        let text = bytes.assumingMemoryBound(to: CChar.self).baseAddress
        guard let text, let count = Int32(exactly: bytes.count),
            let document = xmlReadMemory(text, count, nil, "UTF-8", Int32(options))
        else {
            let error = xmlGetLastError()?.pointee
            let message = error?.message.map { String(cString: $0) }
            defer { xmlResetLastError() }
            throw MarkupError(
                MarkupPosition(line: Int(max(error?.line ?? 1, 1)), column: Int(max(error?.int2 ?? 1, 1))),
                "not well-formed XML: \(Self.plain(message))")
        }
        return document
    }

    /// The parser's message without what it quotes of the document, which may be a secret.
    private static func plain(_ message: String?) -> String {
        guard let message else { return "nothing to read" }
        let line = message.prefix { $0 != "\n" && $0 != "\"" && $0 != "'" }
        return String(line.prefix(80)).trimmingSpaces
    }

    /// How canonical XML is made (Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization 1.0), always without comments.
    public enum Canonicalisation: Sendable, Hashable {
        case inclusive
        case inclusive11
        /// With the prefixes that are treated as in the inclusive method (`#default` for none).
        case exclusive(prefixes: [String])
    }

    /// The canonical XML of an element of this document.
    ///
    /// - Parameter excluded: an element within it that is left out: the signature itself.
    public func canonical(
        _ element: MarkupElement, excluding excluded: MarkupElement? = nil, by method: Canonicalisation
    ) throws(MarkupError) -> ZeroedBytes {
        let failed = MarkupError(element.position, "canonical XML could not be made")
        guard let buffer = xmlAllocOutputBuffer(nil) else { throw failed }
        defer { xmlOutputBufferClose(buffer) }
        var visible = Visible(
            first: element.extent.lowerBound, last: element.extent.upperBound,
            firstHidden: excluded?.extent.lowerBound ?? -1, lastHidden: excluded?.extent.upperBound ?? -2)
        let status = withPrefixes(of: method) { mode, prefixes in
            withUnsafeMutablePointer(to: &visible) {
                xmlC14NExecute(document, isVisible, $0, Int32(mode.rawValue), prefixes, 0, buffer)
            }
        }
        guard status >= 0, let content = xmlOutputBufferGetContent(buffer) else { throw failed }
        return ZeroedBytes(
            copying: UnsafeRawBufferPointer(start: content, count: Int(xmlOutputBufferGetSize(buffer))))
    }

    private func withPrefixes(
        of method: Canonicalisation,
        _ body: (xmlC14NMode, UnsafeMutablePointer<UnsafeMutablePointer<xmlChar>?>?) -> Int32
    ) -> Int32 {
        switch method {
        case .inclusive: return body(XML_C14N_1_0, nil)
        case .inclusive11: return body(XML_C14N_1_1, nil)
        case .exclusive(let prefixes):
            var list = prefixes.map { xmlStrdup(Array($0.utf8) + [0]) }
            defer { for prefix in list { keyway_xml_release(prefix) } }
            guard !list.isEmpty else { return body(XML_C14N_EXCLUSIVE_1_0, nil) }
            list.append(nil)
            return list.withUnsafeMutableBufferPointer { body(XML_C14N_EXCLUSIVE_1_0, $0.baseAddress) }
        }
    }
}

/// The numbers of the elements that canonical XML shows.
private struct Visible {
    var first: Int
    var last: Int
    var firstHidden: Int
    var lastHidden: Int

    func shows(_ element: xmlNodePtr?) -> Bool {
        guard let element, element.pointee.type == XML_ELEMENT_NODE else { return false }
        let number = Int(bitPattern: element.pointee._private) - 1
        return number >= first && number <= last && !(number >= firstHidden && number <= lastHidden)
    }
}

/// What libxml2 asks of each node; attributes and namespaces are as visible as their element.
private func isVisible(_ context: UnsafeMutableRawPointer?, _ node: xmlNodePtr?, _ parent: xmlNodePtr?) -> Int32 {
    guard let visible = context?.assumingMemoryBound(to: Visible.self).pointee, let node else { return 0 }
    return visible.shows(node.pointee.type == XML_ELEMENT_NODE ? node : parent) ? 1 : 0
}

/// Makes values of the parser's nodes, and numbers the elements.
private struct TreeReading {
    let starts: [MarkupPosition]
    private(set) var count = 0

    init(starts: [MarkupPosition]) {
        self.starts = starts
    }

    /// The scan has bounded the depth.
    mutating func element(_ node: xmlNodePtr) throws(MarkupError) -> MarkupElement {
        let number = count
        guard number < starts.count else {
            throw MarkupError(MarkupPosition(line: 1, column: 1), "the document reads in two ways")
        }
        count += 1
        node.pointee._private = UnsafeMutableRawPointer(bitPattern: number + 1)
        var children: [MarkupElement] = []
        var next = node.pointee.children
        while let child = next {
            switch child.pointee.type {
            case XML_ELEMENT_NODE: children.append(try element(child))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE, XML_COMMENT_NODE: break
            default: throw MarkupError(starts[number], "something that is neither element nor text")
            }
            next = child.pointee.next
        }
        return MarkupElement(
            name: Self.name(node.pointee.name, node.pointee.ns), attributes: Self.attributes(of: node),
            children: children, textBytes: Self.text(of: node), position: starts[number],
            extent: number...max(number, count - 1))
    }

    private static func name(_ local: UnsafePointer<xmlChar>?, _ namespace: xmlNsPtr?) -> MarkupName {
        MarkupName(
            namespace?.pointee.href.map { String(cString: $0) }, local.map { String(cString: $0) } ?? "")
    }

    private static func attributes(of node: xmlNodePtr) -> [MarkupAttribute] {
        var attributes: [MarkupAttribute] = []
        var next = node.pointee.properties
        while let attribute = next {
            let value = xmlNodeListGetString(node.pointee.doc, attribute.pointee.children, 1)
            defer { keyway_xml_release(value) }
            attributes.append(
                MarkupAttribute(
                    name: name(attribute.pointee.name, attribute.pointee.ns),
                    value: value.map { String(cString: $0) } ?? ""))
            next = attribute.pointee.next
        }
        return attributes
    }

    private static func text(of node: xmlNodePtr) -> ZeroedBytes {
        var pieces: [UnsafeRawBufferPointer] = []
        var next = node.pointee.children
        while let child = next {
            if child.pointee.type == XML_TEXT_NODE || child.pointee.type == XML_CDATA_SECTION_NODE,
                let content = child.pointee.content
            {
                pieces.append(UnsafeRawBufferPointer(start: content, count: Int(xmlStrlen(content))))
            }
            next = child.pointee.next
        }
        return ZeroedBytes(capacity: pieces.reduce(0) { $0 + $1.count }) { memory in
            var offset = 0
            for piece in pieces {
                UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(from: piece)
                offset += piece.count
            }
            return offset
        }
    }
}

extension String {
    /// Without spaces and colons at the end.
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while let last = text.last, last == " " || last == ":" { text.removeLast() }
        return String(text)
    }
}
