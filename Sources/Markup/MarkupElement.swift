public import ContentKeys

/// A name with its namespace resolved.
public struct MarkupName: Sendable, Hashable, CustomStringConvertible {
    /// Nil for a name in no namespace.
    public var namespace: String?
    public var local: String

    public init(_ namespace: String?, _ local: String) {
        self.namespace = namespace
        self.local = local
    }

    public var description: String { local }
}

public struct MarkupAttribute: Sendable, Hashable {
    public var name: MarkupName
    public var value: String
}

/// An element of a document that was read: a value.
public struct MarkupElement: Sendable {
    public let name: MarkupName
    /// Without namespace declarations.
    public let attributes: [MarkupAttribute]
    public let children: [MarkupElement]
    /// The element's own text, in one piece; not that of its children. May be a key, so its memory is zeroed.
    public let textBytes: ZeroedBytes
    /// Where its tag starts.
    public let position: MarkupPosition
    /// Its number and those of all within it, in the document's order.
    let extent: ClosedRange<Int>

    /// The element's own text as a string, for what is no secret.
    public var text: String {
        textBytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether there is nothing but white space beside the children.
    public var isTextBlank: Bool {
        textBytes.withUnsafeBytes { $0.allSatisfy { [0x09, 0x0A, 0x0D, 0x20].contains($0) } }
    }

    /// An attribute's value by its name, in no namespace unless one is given.
    public func attribute(_ local: String, namespace: String? = nil) -> String? {
        attributes.first { $0.name == MarkupName(namespace, local) }?.value
    }

    /// The element and all within it, in the document's order.
    public func visit(_ body: (MarkupElement) throws -> Void) rethrows {
        try body(self)
        for child in children { try child.visit(body) }
    }

    /// Whether an element is this one or within it. Both must be of one document.
    public func contains(_ other: MarkupElement) -> Bool {
        extent.contains(other.extent.lowerBound)
    }
}
