import Yams

/// A node of a document that knows where it stands and where errors go. Its functions report what is wrong and give nil
/// then, so that one reading finds every error.
struct DocumentNode {
    let node: Node
    let scope: DocumentScope

    var position: SourcePosition {
        SourcePosition(file: scope.file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    func report(_ message: String) {
        scope.report(message, line: position.line, column: position.column)
    }

    /// Nothing, `~` or `null`, unless quoted.
    var isNull: Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    var isMapping: Bool {
        if case .mapping(_) = node { true } else { false }
    }

    var isEmptyMapping: Bool {
        if case .mapping(let mapping) = node { mapping.isEmpty } else { false }
    }

    /// The text of a scalar of any style: the document's fields have their own types, so `42` is as good as `"42"`.
    var scalarText: String? {
        guard case .scalar(let scalar) = node, !isNull else { return nil }
        return scalar.string
    }

    /// One line of text, 1 to `limit` bytes long, without control characters.
    func text(_ field: String, limit: Int = 1024) -> String? {
        guard let text = scalarText, !text.isEmpty else {
            report("'\(field)' needs a text")
            return nil
        }
        guard text.utf8.count <= limit, text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            report("'\(field)' is one line of at most \(limit) bytes")
            return nil
        }
        return text
    }

    /// The items of a list with 1 to `limit` of them.
    func list(_ field: String, limit: Int = 64) -> [DocumentNode]? {
        guard case .sequence(let items) = node, !items.isEmpty else {
            report("'\(field)' needs a list with at least one item")
            return nil
        }
        guard items.count <= limit else {
            report("'\(field)' has at most \(limit) items")
            return nil
        }
        return items.map { DocumentNode(node: $0, scope: scope) }
    }

    /// The value of a field of a mapping; nil without a report when there is none.
    subscript(field: String) -> DocumentNode? {
        guard case .mapping(let mapping) = node else { return nil }
        let pair = mapping.first { DocumentNode(node: $0.key, scope: scope).scalarText == field }
        return pair.map { DocumentNode(node: $0.value, scope: scope) }
    }

    /// The pairs of a mapping, in the document's order. Keys that are no text are reported and left out.
    func pairs(_ what: String) -> [(key: String, keyNode: DocumentNode, value: DocumentNode)]? {
        guard case .mapping(let mapping) = node else {
            report("\(what) needs fields")
            return nil
        }
        return mapping.compactMap { key, value in
            let keyNode = DocumentNode(node: key, scope: scope)
            guard !scope.isSkipped(keyNode.position) else { return nil }
            guard let text = keyNode.scalarText else {
                keyNode.report("a field's name is a text")
                return nil
            }
            return (text, keyNode, DocumentNode(node: value, scope: scope))
        }
    }
}

extension DocumentNode {
    /// The mapping with fields that it leaves out, where they are known from elsewhere.
    func declaring(_ fields: [String: String]) -> DocumentNode {
        guard case .mapping(var mapping) = node else { return self }
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) where self[field] == nil {
            mapping[Node(field)] = Node(value, .implicit, .doubleQuoted)
        }
        return DocumentNode(node: .mapping(mapping), scope: scope)
    }
}
