import Yams

/// `keyway.yaml`, read strictly: an unknown field is an error that names the nearest known one.
enum ConfigurationFile {
    static let maximumSize = 1 << 20

    /// The fields with dotted names; a list becomes its elements joined by commas.
    static func values(in text: String, path: String) throws -> [String: String] {
        guard text.utf8.count <= maximumSize else { throw ConfigurationError("\(path): longer than 1 MiB") }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
        guard let root else { return [:] }
        var values: [String: String] = [:]
        try collect(root, [], path, &values)
        return values
    }

    private static func collect(
        _ node: Node, _ name: [String], _ path: String, _ values: inout [String: String]
    ) throws {
        let field = name.joined(separator: ".")
        let place = node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
        if ServiceConfiguration.fields.contains(field) {
            if let text = node.scalar?.string {
                values[field] = text
            } else if let list = node.sequence {
                values[field] = list.compactMap { $0.scalar?.string }.joined(separator: ",")
            } else {
                throw ConfigurationError("\(place): \(field) must be a value")
            }
            return
        }
        let isPrefix = name.isEmpty || ServiceConfiguration.fields.contains { $0.hasPrefix(field + ".") }
        guard isPrefix, name.count < 4 else {
            throw ConfigurationError("\(place): unknown field '\(field)'; did you mean '\(nearest(to: field))'?")
        }
        guard let mapping = node.mapping else { throw ConfigurationError("\(place): \(field) must hold fields") }
        for (key, value) in mapping {
            try collect(value, name + [key.scalar?.string ?? "?"], path, &values)
        }
    }

    private static func nearest(to field: String) -> String {
        ServiceConfiguration.fields.min { distance(field, $0) < distance(field, $1) } ?? ""
    }

    /// Levenshtein's distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let replaced = previous + (a == b ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
