import Configuration
public import ContentKeys
import KeyWrapping
import Settings
import TransitKEK

/// Where key-encryption keys are held.
public struct KEKConfiguration: Sendable, Hashable {
    /// Where new versions are made. Older ones may be elsewhere: the catalog knows.
    public var provider = KEKProviderKind.file
    /// Nil when no transit engine is configured.
    var transit: TransitConfiguration?

    static let fields = [
        "kek.provider", "kek.transit.address", "kek.transit.mount", "kek.transit.key", "kek.transit.tokenFile",
        "kek.transit.caFile", "kek.transit.namespace",
    ]

    /// KEKs in files.
    public init() {}

    init(_ reader: ConfigReader) throws {
        if let word = reader.string(forKey: "kek.provider") {
            guard let provider = KEKProviderKind(rawValue: word) else {
                let kinds = KEKProviderKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ConfigurationError("kek.provider must be one of \(kinds), not '\(word)'")
            }
            self.provider = provider
        }
        guard let address = reader.string(forKey: "kek.transit.address") else {
            guard provider != .transit else {
                throw ConfigurationError("kek.provider is transit, but kek.transit.address is not set")
            }
            return
        }
        func needed(_ field: String) throws -> String {
            guard let value = reader.string(forKey: ConfigKey(field)) else {
                throw ConfigurationError("\(field) is not set, but kek.transit.address is")
            }
            return value
        }
        do {
            transit = try TransitConfiguration(
                address: address, mount: reader.string(forKey: "kek.transit.mount") ?? "transit",
                key: try needed("kek.transit.key"), tokenFile: try needed("kek.transit.tokenFile"),
                caFile: reader.string(forKey: "kek.transit.caFile"),
                namespace: reader.string(forKey: "kek.transit.namespace"))
        } catch let error as KEKError {
            throw ConfigurationError(error.description)
        }
    }
}
