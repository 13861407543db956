/// A storage account: a folder, usually a disk of its own, and how much of what is new it takes.
public struct StorageAccountSettings: Sendable, Hashable {
    public static let defaultName = "default"
    public static let weights = 0...1000

    public var name: String
    /// An absolute path; nil for the default account, which is `media` in the data folder.
    public var folder: String?
    /// Beside those of the other accounts; 0 for nothing new.
    public var weight: Int

    public init(name: String, folder: String?, weight: Int = 1) {
        self.name = name
        self.folder = folder
        self.weight = weight
    }

    /// From `name=films;folder=/srv/films;weight=2`.
    init(_ text: String) throws {
        var fields: [String: String] = [:]
        for pair in text.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard parts.count == 2, ["name", "folder", "weight"].contains(parts[0]), fields[parts[0]] == nil else {
                throw ConfigurationError("storage.accounts: '\(pair)' is none of name=…, folder=… and weight=…")
            }
            fields[parts[0]] = parts[1]
        }
        guard let name = fields["name"], Self.isName(name) else {
            throw ConfigurationError(
                "storage.accounts: an account needs a name of 1 to 64 lower-case letters, digits and '-', in '\(text)'")
        }
        guard let weight = fields["weight"].map({ Int($0) }) ?? 1, Self.weights.contains(weight) else {
            throw ConfigurationError("storage.accounts: the weight of '\(name)' must be a number from 0 to 1000")
        }
        let folder = fields["folder"]
        guard name == Self.defaultName ? folder == nil : folder?.hasPrefix("/") == true else {
            throw ConfigurationError(
                name == Self.defaultName
                    ? "storage.accounts: account 'default' is in the data folder and takes no folder"
                    : "storage.accounts: account '\(name)' needs a folder with an absolute path")
        }
        self.init(name: name, folder: folder, weight: weight)
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
