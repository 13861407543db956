import Yams

/// Reads the YAML documents of one file within bounds. The text may come from anyone.
enum YAMLReader {
    /// Of one file, in bytes. The composer hashes a mapping's keys with all that is in them, at every level: the worst
    /// text costs libyaml's 1000 levels times its size, which must stay a matter of seconds.
    static let maximumSize = 256 << 10
    /// Of nested lists and mappings. A document of the contract needs 8.
    static let maximumDepth = 32
    /// Documents in one file.
    static let maximumCount = 1_000

    /// The roots of the documents that are not empty. Reports the first error of form, after which nothing more can be
    /// read, and still gives the documents before it.
    static func documents(in text: String, scope: DocumentScope) -> [DocumentNode] {
        guard text.utf8.count <= maximumSize else {
            scope.report("a file of documents has at most 256 KiB", line: 1, column: 1)
            return []
        }
        if let alias = AliasGuard.find(in: text) {
            scope.report(
                "anchors and aliases are not accepted: '&' or '*' may not start a word", line: alias.line,
                column: alias.column)
            return []
        }
        return compose(text, scope: scope)
    }

    /// The reading itself, after the guards.
    static func compose(_ text: String, scope: DocumentScope) -> [DocumentNode] {
        var roots: [DocumentNode] = []
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            while let root = try parser.nextRoot() {
                let node = DocumentNode(node: root, scope: scope)
                guard roots.count < maximumCount else {
                    node.report("a file holds at most \(maximumCount) documents")
                    break
                }
                guard !root.isDeeper(than: maximumDepth) else {
                    node.report("lists and mappings are nested deeper than \(maximumDepth)")
                    continue
                }
                if !node.isNull { roots.append(node) }
            }
        } catch {
            report(error, scope: scope)
        }
        return roots
    }

    private static func report(_ error: any Error, scope: DocumentScope) {
        guard let error = error as? YamlError else {
            return scope.report("not YAML", line: 1, column: 1)
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            scope.report("not YAML: \(problem)", line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let names, let context):
            let fields = names.sorted().map(\.quoted).joined(separator: ", ")
            scope.report(
                "the field \(fields) stands here twice", line: context.mark.line, column: context.mark.column)
        case .reader(let problem, let offset, _, let yaml):
            let position = position(of: offset ?? 0, in: yaml)
            scope.report("not YAML: \(problem)", line: position.line, column: position.column)
        default:
            scope.report("not YAML", line: 1, column: 1)
        }
    }

    /// - Parameter offset: in characters.
    private static func position(of offset: Int, in text: String) -> (line: Int, column: Int) {
        let before = text.prefix(max(offset, 0))
        let lastLine = before.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
        return (before.count { $0 == "\n" } + 1, lastLine.unicodeScalars.count + 1)
    }
}

extension Node {
    fileprivate func isDeeper(than limit: Int) -> Bool {
        guard limit > 0 else { return true }
        switch self {
        case .scalar, .alias: return false
        case .sequence(let items): return items.contains { $0.isDeeper(than: limit - 1) }
        case .mapping(let pairs):
            return pairs.contains { $0.key.isDeeper(than: limit - 1) || $0.value.isDeeper(than: limit - 1) }
        }
    }
}
