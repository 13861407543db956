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
    /// So often a file is read again behind a field that stands twice.
    static let maximumRepeats = 8
    /// Larger files end with the first such field: a reading may take its time.
    static let maximumRepeated = 32 << 10

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

    /// The reading itself, after the guards. The parser ends with a field that stands twice; it is reported, and the file is
    /// read again with the first of the two under another name, so that one such field hides no other error.
    static func compose(_ text: String, scope: DocumentScope) -> [DocumentNode] {
        var text = text
        for repeats in 0..<maximumRepeats where text.utf8.count <= maximumRepeated {
            guard let field = firstDuplicate(in: text),
                let renamed = renaming(at: field.mark, in: text, Unicode.Scalar(0xE000 + UInt32(repeats)))
            else { break }
            scope.report(
                "the field \(field.name.quoted) stands here twice", line: field.mark.line, column: field.mark.column)
            scope.skip(line: field.mark.line, column: field.mark.column)
            text = renamed
        }
        return read(text, scope: scope)
    }

    private static func firstDuplicate(in text: String) -> (name: String, mark: Mark)? {
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            for _ in 0..<maximumCount { guard try parser.nextRoot() != nil else { return nil } }
            return nil
        } catch YamlError.duplicatedKeysInMapping(let names, let context) {
            return names.first.map { ($0, context.mark) }
        } catch {
            return nil
        }
    }

    /// The text with another first scalar of the field's name at a place; nil where no name begins.
    private static func renaming(at mark: Mark, in text: String, _ scalar: Unicode.Scalar?) -> String? {
        guard let scalar else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        var line = Array(lines[mark.line - 1].unicodeScalars)
        var column = mark.column - 1
        if line.indices.contains(column), ["'", "\""].contains(line[column]) { column += 1 }
        guard line.indices.contains(column), line[column].properties.isAlphabetic else { return nil }
        line[column] = scalar
        lines[mark.line - 1] = String(String.UnicodeScalarView(line))
        return lines.joined(separator: "\n")
    }

    private static func read(_ text: String, scope: DocumentScope) -> [DocumentNode] {
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
