import Configuration
public import Foundation
public import Policies
import Yams

/// What `keyway.yaml` and the environment say. A field's environment variable is its name in upper case after
/// `KEYWAY_`, with `_` for each dot: `listen.origin` is `KEYWAY_LISTEN_ORIGIN`. The environment wins.
public struct ServiceConfiguration: Sendable, Hashable {
    /// The origin's listener, which also serves `/keys` unless `listenKeys` is given.
    public var listenOrigin: ListenAddress
    public var listenKeys: ListenAddress?
    public var listenAdmin: ListenAddress
    /// What players reach the keys' listener by, as `https://keys.example.com`: the start of key URLs in manifests. Nil
    /// for the listener's own address, which is right on one machine only.
    public var keysURL: String?
    /// The origins that browsers may ask from; `*` for any.
    public var corsOrigins: [String]
    /// The proxies whose word on the client's address is taken.
    public var trustedProxies: [AddressBlock]
    /// The listeners, by name, whose connections start with a PROXY protocol header.
    public var proxyProtocol: Set<String>
    /// TLS by the listener's name.
    public var tls: [String: TLSSettings]
    public var limits: LimitSettings
    /// How much of what was sent the origin keeps in memory, ready to be sent again, in MiB; 0 for nothing.
    public var segmentMemory: Int
    /// Whether a line is written for every request.
    public var accessLog: AccessLogForm
    /// How long audit records are kept, in seconds; nil for ever.
    public var auditRetention: TimeInterval?
    /// Where key-encryption keys are held.
    public var kek: KEKConfiguration
    /// Where issuers' published keys may be read.
    public var keySets: KeySetConfiguration
    /// Who makes the licences of protection systems.
    public var licences: LicenceSettings

    /// The names of the listeners.
    public static let listeners = ["origin", "keys", "admin"]

    /// Every field, as it is written in the file.
    static let fields =
        ["listen.origin", "listen.keys", "listen.admin", "keys.url", "cors.origins", "trustedProxies", "proxyProtocol"]
        + listeners.flatMap { ["tls.\($0).certificate", "tls.\($0).key", "tls.\($0).clientAuthorities"] }
        + [
            "origin.memory", "limits.connections", "limits.address", "limits.subject", "limits.key", "auditRetention",
            "accessLog",
        ]
        + KEKConfiguration.fields + KeySetConfiguration.fields + LicenceSettings.fields

    /// Reads a file and the environment.
    ///
    /// - Parameter path: the file; nil for `keyway.yaml` where it is, and for defaults where it is not.
    /// - Throws: `ConfigurationError` that names the field, the place and what to do.
    public static func load(path: String?, environment: [String: String]) async throws -> ServiceConfiguration {
        var values: [String: String] = [:]
        if let path {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw ConfigurationError("cannot read the configuration file '\(path)'")
            }
            values = try ConfigurationFile.values(in: text, path: path)
        } else if let text = try? String(contentsOfFile: "keyway.yaml", encoding: .utf8) {
            values = try ConfigurationFile.values(in: text, path: "keyway.yaml")
        }
        let file = InMemoryProvider(
            name: "keyway.yaml",
            values: Dictionary(
                uniqueKeysWithValues: values.map {
                    (
                        AbsoluteConfigKey(["keyway"] + $0.split(separator: ".").map(String.init)),
                        ConfigValue(stringLiteral: $1)
                    )
                }))
        let reader = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: environment), file,
        ]).scoped(to: "keyway")
        return try ServiceConfiguration(reader)
    }

    private init(_ reader: ConfigReader) throws {
        func address(_ field: String, default fallback: String?) throws -> ListenAddress? {
            guard let text = reader.string(forKey: ConfigKey(field)) ?? fallback else { return nil }
            guard let address = ListenAddress(text) else {
                throw ConfigurationError("\(field) must be HOST:PORT, not '\(text)'")
            }
            return address
        }
        guard let origin = try address("listen.origin", default: "127.0.0.1:8080"),
            let admin = try address("listen.admin", default: "127.0.0.1:8090")
        else { throw ConfigurationError("listen.origin and listen.admin are needed") }
        listenOrigin = origin
        listenKeys = try address("listen.keys", default: nil)
        listenAdmin = admin
        keysURL = reader.string(forKey: "keys.url")
        if let keysURL {
            guard let url = URL(string: keysURL), ["http", "https"].contains(url.scheme), url.host != nil,
                !keysURL.hasSuffix("/")
            else {
                throw ConfigurationError("keys.url must be http(s)://HOST without a slash at its end, not '\(keysURL)'")
            }
        }
        corsOrigins = reader.list("cors.origins") ?? ["*"]
        trustedProxies = try (reader.list("trustedProxies") ?? []).map { text in
            guard let block = AddressBlock(text) else {
                throw ConfigurationError("trustedProxies: '\(text)' is not an address or a block as 10.0.0.0/8")
            }
            return block
        }
        proxyProtocol = try reader.proxyProtocol(trusted: trustedProxies)
        tls = try reader.tls()
        limits = try LimitSettings(reader)
        segmentMemory = try reader.number("origin.memory", in: 0...1_000_000) ?? 256
        accessLog = try reader.accessLog()
        auditRetention = try reader.duration("auditRetention")
        kek = try KEKConfiguration(reader)
        keySets = try KeySetConfiguration(reader)
        licences = try LicenceSettings(reader)
    }
}

/// A configuration that cannot be used.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
