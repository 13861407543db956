package import Configuration

/// How media is stored and read.
public struct StorageSettings: Sendable, Hashable {
    /// Whether new media is encrypted in storage.
    public var isEncrypted: Bool
    /// Whether the origin holds each read against the tags that are stored beside media.
    public var verifiesReads: Bool

    /// Storage accounts besides the default one, and the default one where its weight is said.
    public var accounts: [StorageAccountSettings]

    public init(
        isEncrypted: Bool = true, verifiesReads: Bool = false, accounts: [StorageAccountSettings] = []
    ) {
        self.accounts = accounts
        self.isEncrypted = isEncrypted
        self.verifiesReads = verifiesReads
    }

    package static let fields = ["storage.encryption"] + readingFields
    /// Of a program that stores nothing.
    package static let readingFields = ["storage.verifyReads", "storage.accounts"]

    package init(_ reader: ConfigReader) throws {
        isEncrypted = try reader.flag("storage.encryption") ?? true
        verifiesReads = try reader.flag("storage.verifyReads") ?? false
        accounts = try (reader.list("storage.accounts") ?? []).map(StorageAccountSettings.init)
        let names = accounts.map(\.name)
        guard Set(names).count == names.count,
            Set(accounts.compactMap(\.folder)).count == accounts.count(where: { $0.folder != nil })
        else { throw ConfigurationError("storage.accounts names an account or a folder twice") }
    }
}

extension ConfigReader {
    /// `on` or `off`, which are booleans in YAML 1.1; nil when the field is not there.
    package func flag(_ field: String) throws -> Bool? {
        switch string(forKey: ConfigKey(field)) {
        case nil: nil
        case "on", "true": true
        case "off", "false": false
        case let word?: throw ConfigurationError("\(field) must be on or off, not '\(word)'")
        }
    }
}
