package import Configuration
import Foundation

/// A program's configuration file, read strictly: an unknown field is an error that names the nearest known one.
package enum ConfigurationFile {
    /// A configuration of a file and the environment, which wins.
    ///
    /// - Parameters:
    ///   - path: the file; nil for the usual one where it is, and for no file where it is not.
    ///   - fields: every field that the program knows, with dotted names.
    ///   - make: reads the fields; throws a `ConfigurationError` that names the first one that is wrong.
    /// - Throws: `ConfigurationError` with everything that is wrong, a line for each, with the field and the place.
    package static func read<Value>(
        path: String?, usual: String, environment: [String: String], fields: [String],
        _ make: (ConfigReader) throws -> Value
    ) throws -> Value {
        var file = FileFields(path: path ?? usual, fields: fields)
        if let text = try text(path: path, usual: usual) { try file.read(text) }
        var problems = file.problems
        var (values, environment) = (file.values, environment)
        var removed: [String] = []
        while true {
            do {
                let value = try make(reader(values, environment, usual))
                guard problems.isEmpty else { throw Found() }
                return value
            } catch let error as ConfigurationError {
                // A field that is wrong is taken out, and the others are read again: what is wrong then without it is not
                // said, because it may be right with it.
                if !removed.contains(where: { mentions(error, $0) }) { problems.append(error.description) }
                let next = fields.first { field in
                    mentions(error, field) && !removed.contains(field)
                        && (values[field] ?? environment[variable(of: field)]) != nil
                }
                guard let next else { throw ConfigurationError(problems.joined(separator: "\n")) }
                removed.append(next)
                values[next] = nil
                environment[variable(of: next)] = nil
            } catch is Found {
                throw ConfigurationError(problems.joined(separator: "\n"))
            }
        }
    }

    /// All of the fields were read, and something was wrong before.
    private struct Found: Error {}

    /// Whether an error names a field, and not one whose name goes on.
    private static func mentions(_ error: ConfigurationError, _ field: String) -> Bool {
        error.description.split { !($0.isLetter || $0.isNumber || $0 == ".") }
            .contains { $0 == field || $0 == field + "." }
    }

    private static func text(path: String?, usual: String) throws -> String? {
        let file = path ?? usual
        let isThere = FileManager.default.fileExists(atPath: file)
        guard path != nil || isThere else { return nil }
        // What it says may be what keeps something shut: a file that cannot be read is not no file.
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw ConfigurationError("cannot read the configuration file '\(file)'", isAbsence: !isThere)
        }
        return text
    }

    private static func reader(
        _ values: [String: String], _ environment: [String: String], _ name: String
    ) -> ConfigReader {
        let file = InMemoryProvider(
            name: "\(name)",
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

    /// The environment variable of a field: `listen.origin` is `KEYWAY_LISTEN_ORIGIN`, and `auditRetention`
    /// `KEYWAY_AUDIT_RETENTION`.
    package static func variable(of field: String) -> String {
        field.reduce(into: "KEYWAY_") { name, letter in
            if letter.isUppercase { name += "_" }
            name += letter == "." ? "_" : letter.uppercased()
        }
    }

    /// Variables that look as if they were Keyway's and mean nothing, each in words.
    ///
    /// - Parameter fields: as in `read`.
    package static func strangeVariables(in environment: [String: String], fields: [String]) -> [String] {
        let known = fields.map(variable) + ["KEYWAY_DATA"] + clientVariables
        return environment.keys.sorted().filter { name in
            name.hasPrefix("KEYWAY_") && !known.contains(name) && !isKEK(name)
        }.map { name in
            let nearest = nearest(to: name, among: known)
            // Of a short name nearly all may be wrong within three letters.
            let mistakes = min(3, (name.count - "KEYWAY_".count) / 2)
            let advice = distance(name, nearest) <= mistakes ? "; did you mean '\(nearest)'?" : ""
            return "the environment variable \(name) means nothing here, and is ignored" + advice
        }
    }

    /// What the command line reads, which may be set beside a server's.
    private static let clientVariables = ["KEYWAY_URL", "KEYWAY_TOKEN", "KEYWAY_CA_FILE", "KEYWAY_UPLOAD_KEY"]

    /// `KEYWAY_KEK_` and a version's number.
    private static func isKEK(_ name: String) -> Bool {
        name.hasPrefix("KEYWAY_KEK_") && name.dropFirst(11).allSatisfy { ("0"..."9").contains($0) }
    }

    static func nearest(to field: String, among fields: [String]) -> String {
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
    /// Whether a file that was named is not there.
    public var isAbsence: Bool

    package init(_ description: String, isAbsence: Bool = false) {
        self.description = description
        self.isAbsence = isAbsence
    }
}
