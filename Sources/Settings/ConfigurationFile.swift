package import Configuration
import Foundation
import Yams

/// A program's configuration file, read strictly: an unknown field is an error that names the nearest known one.
package enum ConfigurationFile {
    static let maximumSize = 1 << 20

    /// A file and the environment, which wins.
    ///
    /// - Parameters:
    ///   - path: the file; nil for the usual one where it is, and for no file where it is not.
    ///   - fields: every field that the program knows, with dotted names.
    /// - Throws: `ConfigurationError` that names the field and the place.
    package static func reader(
        path: String?, usual: String, environment: [String: String], fields: [String]
    ) throws -> ConfigReader {
        var values: [String: String] = [:]
        if let path {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw ConfigurationError("cannot read the configuration file '\(path)'")
            }
            values = try Self.values(in: text, path: path, fields: fields)
        } else if FileManager.default.fileExists(atPath: usual) {
            // What it says may be what keeps something shut: a file that cannot be read is not no file.
            guard let text = try? String(contentsOfFile: usual, encoding: .utf8) else {
                throw ConfigurationError("cannot read the configuration file '\(usual)'")
            }
            values = try Self.values(in: text, path: usual, fields: fields)
        }
        let file = InMemoryProvider(
            name: "\(usual)",
            values: Dictionary(
                uniqueKeysWithValues: values.map {
                    (
                        AbsoluteConfigKey(["keyway"] + $0.split(separator: ".").map(String.init)),
                        ConfigValue(stringLiteral: $1)
                    )
                }))
        return ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: environment), file,
        ]).scoped(to: "keyway")
    }

    /// The fields with dotted names; a list becomes its elements joined by commas.
    static func values(in text: String, path: String, fields: [String]) throws -> [String: String] {
        guard text.utf8.count <= maximumSize else { throw ConfigurationError("\(path): longer than 1 MiB") }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw ConfigurationError("\(path): \(error)")
        }
        guard let root else { return [:] }
        var values: [String: String] = [:]
        try collect(root, [], path, fields, &values)
        return values
    }

    private static func collect(
        _ node: Node, _ name: [String], _ path: String, _ fields: [String], _ values: inout [String: String]
    ) throws {
        let field = name.joined(separator: ".")
        let place = node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
        if fields.contains(field) {
            if let text = node.scalar?.string {
                values[field] = text
            } else if let list = node.sequence {
                values[field] = try list.map { try element($0, field, path) }.joined(separator: ",")
            } else {
                throw ConfigurationError("\(place): \(field) must be a value")
            }
            return
        }
        let isPrefix = name.isEmpty || fields.contains { $0.hasPrefix(field + ".") }
        guard isPrefix, name.count < 4 else {
            throw ConfigurationError(
                "\(place): unknown field '\(field)'; did you mean '\(nearest(to: field, among: fields))'?")
        }
        guard let mapping = node.mapping else { throw ConfigurationError("\(place): \(field) must hold fields") }
        for (key, value) in mapping {
            try collect(value, name + [key.scalar?.string ?? "?"], path, fields, &values)
        }
    }

    /// An element of a list; one that holds fields becomes `name=value` pairs between semicolons.
    private static func element(_ node: Node, _ field: String, _ path: String) throws -> String {
        if let text = node.scalar?.string { return text }
        let place = node.mark.map { "\(path):\($0.line):\($0.column)" } ?? path
        guard let mapping = node.mapping else { throw ConfigurationError("\(place): \(field) must hold values") }
        return try mapping.map { key, value in
            guard let key = key.scalar?.string, let text = value.scalar?.string,
                !(key + text).contains(where: { ",;".contains($0) })
            else { throw ConfigurationError("\(place): \(field) must hold values without ',' and ';'") }
            return "\(key)=\(text)"
        }.joined(separator: ";")
    }

    private static func nearest(to field: String, among fields: [String]) -> String {
        fields.min { distance(field, $0) < distance(field, $1) } ?? ""
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

/// A configuration that cannot be used.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    package init(_ description: String) {
        self.description = description
    }
}
