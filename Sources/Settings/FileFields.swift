import Yams

/// The fields of a configuration file, with dotted names, and everything that is wrong with their form.
struct FileFields {
    /// Of a file, in bytes.
    private static let maximumSize = 1 << 20

    let path: String
    /// What the program knows.
    let fields: [String]
    /// A list becomes its elements joined by commas.
    private(set) var values: [String: String] = [:]
    private(set) var problems: [String] = []

    init(path: String, fields: [String]) {
        self.path = path
        self.fields = fields
    }

    /// - Throws: `ConfigurationError` for what is no file of fields.
    mutating func read(_ text: String) throws {
        guard text.utf8.count <= Self.maximumSize else { throw ConfigurationError("\(path): longer than 1 MiB") }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
        if let root { collect(root, []) }
    }

    private func place(_ node: Node) -> String {
        node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
    }

    private mutating func collect(_ node: Node, _ name: [String]) {
        let field = name.joined(separator: ".")
        if fields.contains(field) { return take(node, field) }
        let isPrefix = name.isEmpty || fields.contains { $0.hasPrefix(field + ".") }
        guard isPrefix, name.count < 4 else {
            problems.append(
                "\(place(node)): unknown field '\(field)'; did you mean "
                    + "'\(ConfigurationFile.nearest(to: field, among: fields))'?")
            return
        }
        guard let mapping = node.mapping else {
            problems.append("\(place(node)): \(name.isEmpty ? "the file" : field) must hold fields")
            return
        }
        for (key, value) in mapping { collect(value, name + [key.scalar?.string ?? "?"]) }
    }

    private mutating func take(_ node: Node, _ field: String) {
        if let text = node.scalar?.string {
            values[field] = text
        } else if let list = node.sequence {
            values[field] = list.compactMap { element($0, field) }.joined(separator: ",")
        } else {
            problems.append("\(place(node)): \(field) must be a value")
        }
    }

    /// An element of a list; one that holds fields becomes `name=value` pairs between semicolons.
    private mutating func element(_ node: Node, _ field: String) -> String? {
        if let text = node.scalar?.string { return text }
        guard let mapping = node.mapping else {
            problems.append("\(place(node)): \(field) must hold values")
            return nil
        }
        var pairs: [String] = []
        for (key, value) in mapping {
            guard let key = key.scalar?.string, let text = value.scalar?.string,
                !(key + text).contains(where: { ",;".contains($0) })
            else {
                problems.append("\(place(node)): \(field) must hold values without ',' and ';'")
                return nil
            }
            pairs.append("\(key)=\(text)")
        }
        return pairs.joined(separator: ";")
    }
}
