import Configuration
public import OriginKeys
public import Settings

/// What the configuration of an origin that runs alone says: `keyway-origin.yaml` and the environment, which wins. Fields that
/// both programs have mean what they mean in `keyway.yaml`.
public struct OriginConfiguration: Sendable, Hashable {
    public var listenOrigin: ListenAddress
    /// Health and metrics.
    public var listenAdmin: ListenAddress
    /// What players reach the key service by: the start of key URLs in manifests.
    public var keysURL: String
    public var listeners: ListenerConfiguration
    /// How much of what was sent is kept in memory, ready to be sent again, in MiB; 0 for nothing.
    public var segmentMemory: Int
    public var accessLog: AccessLogForm
    public var log: LogForm
    /// Whether each read of media is held against the tags that are stored beside it.
    public var verifiesReads: Bool
    /// As in `keyway.yaml`, with the folders as this machine has them; weights mean nothing here.
    public var storageAccounts: [StorageAccountSettings]
    public var keyService: KeyServiceConfiguration
    /// A folder with the secrets that sign URLs; nil: what endpoints want signed lets nobody in.
    public var urlSecrets: String?

    static let listenerNames = ["origin", "admin"]

    static let fields =
        ["listen.origin", "listen.admin", "keys.url", "cors.origins", "trustedProxies", "proxyProtocol"]
        + listenerNames.flatMap { ["tls.\($0).certificate", "tls.\($0).key", "tls.\($0).clientAuthorities"] }
        + ["origin.memory", "limits.connections", "accessLog", "log", "urlSecrets"] + KeyServiceConfiguration.fields
        + StorageSettings.readingFields

    /// Reads a file and the environment.
    ///
    /// - Parameter path: the file; nil for `keyway-origin.yaml` where it is, and for defaults where it is not.
    /// - Throws: `ConfigurationError` that names every field that is wrong, the place and what to do.
    public static func load(path: String?, environment: [String: String]) throws -> OriginConfiguration {
        try ConfigurationFile.read(
            path: path, usual: "keyway-origin.yaml", environment: environment, fields: fields
        ) { try OriginConfiguration($0) }
    }

    /// Environment variables that look as if they were Keyway's and mean nothing, each in words.
    public static func strangeVariables(in environment: [String: String]) -> [String] {
        ConfigurationFile.strangeVariables(in: environment, fields: fields)
    }

    private init(_ reader: ConfigReader) throws {
        guard let origin = try reader.listenAddress("listen.origin", default: "127.0.0.1:8080"),
            let admin = try reader.listenAddress("listen.admin", default: "127.0.0.1:8090")
        else { throw ConfigurationError("listen.origin and listen.admin are needed") }
        (listenOrigin, listenAdmin) = (origin, admin)
        guard let keysURL = try reader.keysURL() else {
            throw ConfigurationError(
                "keys.url is not set: what players reach the key service by, as https://keys.example.com; manifests name it"
            )
        }
        self.keysURL = keysURL
        let proxies = try reader.trustedProxies()
        listeners = ListenerConfiguration(
            connections: try reader.positive("limits.connections") ?? 20_000,
            corsOrigins: reader.list("cors.origins") ?? ["*"], trustedProxies: proxies,
            proxyProtocol: try reader.proxyProtocol(trusted: proxies, listeners: Self.listenerNames),
            tls: try reader.tls(listeners: Self.listenerNames))
        segmentMemory = try reader.number("origin.memory", in: 0...1_000_000) ?? 256
        accessLog = try reader.accessLog()
        log = try reader.logForm()
        keyService = try KeyServiceConfiguration(reader)
        let storage = try StorageSettings(reader)
        verifiesReads = storage.verifiesReads
        storageAccounts = storage.accounts
        urlSecrets = reader.string(forKey: "urlSecrets").flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Where the key service is, and how the two know each other.
public struct KeyServiceConfiguration: Sendable, Hashable {
    public var address: KeyServiceAddress
    /// A PEM file with the authorities of the key service's certificate.
    public var authorities: String
    /// PEM files: the certificate that this origin shows, and its private key.
    public var certificate: String
    public var key: String
    public var settings: RemoteKeySettings

    static let fields = [
        "keyService.url", "keyService.caFile", "keyService.certificate", "keyService.key", "keyService.hold",
        "keyService.confirm",
    ]

    init(_ reader: ConfigReader) throws {
        func needed(_ field: String, _ meaning: String) throws -> String {
            guard let value = reader.string(forKey: ConfigKey(field)), !value.isEmpty else {
                throw ConfigurationError("\(field) is not set: \(meaning)")
            }
            return value
        }
        let url = try needed("keyService.url", "where the key service listens for origins (its listen.origins)")
        guard let address = KeyServiceAddress(url) else {
            throw ConfigurationError("keyService.url must be https://HOST:PORT and nothing more, not '\(url)'")
        }
        self.address = address
        authorities = try needed(
            "keyService.caFile", "a PEM file with the authority of the key service's certificate")
        certificate = try needed("keyService.certificate", "a PEM file with the certificate that this origin shows")
        key = try needed("keyService.key", "a PEM file with the private key of keyService.certificate")
        settings = RemoteKeySettings(
            hold: .seconds(try reader.duration("keyService.hold", in: 10...86_400) ?? 600),
            confirmation: .seconds(try reader.duration("keyService.confirm", in: 1...3600) ?? 15))
    }
}
