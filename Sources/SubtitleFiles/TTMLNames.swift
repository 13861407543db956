import TimedText

/// The namespaces of TTML2 and its profiles, and the prefixes that documents are written with.
enum TTMLNames {
    static let base = "http://www.w3.org/ns/ttml"
    static let parameter = base + "#parameter"
    static let styling = base + "#styling"
    static let metadata = base + "#metadata"
    static let smpte = "http://www.smpte-ra.org/schemas/2052-1/2010/smpte-tt"

    /// What is kept of a document, with prefixes; everything in other namespaces means nothing to players.
    static let prefixes: [(namespace: String, prefix: String)] = [
        (base, ""), (parameter, "ttp"), (styling, "tts"), (metadata, "ttm"),
        ("http://www.w3.org/ns/ttml/profile/imsc1#styling", "itts"),
        ("http://www.w3.org/ns/ttml/profile/imsc1#parameter", "ittp"),
        ("urn:ebu:tt:style", "ebutts"), (MarkupReader.xmlNamespace, "xml"),
    ]

    /// Drafts of TTML, which are still written: their names mean the same.
    private static let drafts = ["http://www.w3.org/2006/10/ttaf1", "http://www.w3.org/2006/04/ttaf1"]

    static func current(_ namespace: String) -> String {
        for draft in drafts where namespace.hasPrefix(draft) {
            return base
                + namespace.dropFirst(draft.utf8.count).replacing("#style", with: "#styling")
                .replacing("#stylinging", with: "#styling")
        }
        return namespace
    }

    /// Brings the names of drafts up to date.
    static func current(_ tree: MarkupTree) -> MarkupTree {
        var tree = tree
        tree.name.namespace = current(tree.name.namespace)
        for index in tree.attributes.indices {
            tree.attributes[index].name.namespace = current(tree.attributes[index].name.namespace)
        }
        tree.nodes = tree.nodes.map { node in
            if case .element(let element) = node { .element(current(element)) } else { node }
        }
        return tree
    }
}

extension MarkupTree {
    func isTTML(_ local: String) -> Bool { name == Name(namespace: TTMLNames.base, local: local) }

    /// Times, and names that nothing refers to any more.
    private static let dropped: Set<String> = ["begin", "end", "dur", "timeContainer"]

    /// The attributes as they are written, without times.
    ///
    /// - Parameter keepsName: whether `xml:id` stays.
    func attributeText(keepsName: Bool) -> String {
        attributes.compactMap { attribute -> String? in
            let (namespace, local) = (attribute.name.namespace, attribute.name.local)
            guard namespace.isEmpty ? !Self.dropped.contains(local) : true,
                keepsName || namespace != MarkupReader.xmlNamespace || local != "id"
            else { return nil }
            if namespace.isEmpty { return " \(local)=\"\(TimedMarkup.escaped(attribute.value))\"" }
            guard let prefix = TTMLNames.prefixes.first(where: { $0.namespace == namespace })?.prefix, !prefix.isEmpty
            else { return nil }
            return " \(prefix):\(local)=\"\(TimedMarkup.escaped(attribute.value))\""
        }.joined()
    }

    /// The element as it is written; what is not TTML's, metadata and animation are left out.
    func written(keepsName: Bool) -> String {
        guard name.namespace == TTMLNames.base, !["metadata", "set", "animate"].contains(name.local) else { return "" }
        let content = nodes.map { node in
            switch node {
            case .element(let element): element.written(keepsName: keepsName)
            case .text(let text): TimedMarkup.escaped(text)
            }
        }.joined()
        let tag = name.local + attributeText(keepsName: keepsName)
        return content.isEmpty ? "<\(tag)/>" : "<\(tag)>\(content)</\(name.local)>"
    }
}
