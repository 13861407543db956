public import AssetFiles
import Configuration
public import Foundation
import Glibc
public import Policies
public import Settings

/// What `keyway.yaml` and the environment say. A field's environment variable is its name in upper case after
/// `KEYWAY_`, with `_` for each dot: `listen.origin` is `KEYWAY_LISTEN_ORIGIN`. The environment wins.
public struct ServiceConfiguration: Sendable, Hashable {
    /// The origin's listener, which also serves `/keys` unless `listenKeys` is given.
    public var listenOrigin: ListenAddress
    public var listenKeys: ListenAddress?
    public var listenAdmin: ListenAddress
    /// Where origins that run alone ask for keys, over TLS with certificates on both sides; nil for nowhere.
    public var listenOrigins: ListenAddress?
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
    public var log: LogForm
    /// How long audit records are kept, in seconds; nil for ever.
    public var auditRetention: TimeInterval?
    /// Where key-encryption keys are held.
    public var kek: KEKConfiguration
    /// Where issuers' published keys may be read.
    public var keySets: KeySetConfiguration
    public var storage: StorageSettings
    /// SAS locators that an asset may have at a time.
    public var sasLocators: Int
    /// What originals may take.
    public var uploads: UploadSettings
    /// What originals are put to before they may be used.
    public var checks: CheckSettings
    /// Who makes the licences of protection systems.
    public var licences: LicenceSettings
    /// The fields that the file or the environment sets, by name.
    public var fieldsSet: [String]
    /// How jobs are worked on.
    public var jobs: JobSettings
    /// Where backups go that are asked for over the admin API: an absolute path; nil for nowhere.
    public var backupsFolder: String?

    /// The names of the listeners.
    public static let listeners = ["origin", "keys", "admin", "origins"]

    /// Every field, as it is written in the file.
    static let fields =
        [
            "listen.origin", "listen.keys", "listen.admin", "listen.origins", "keys.url", "cors.origins",
            "trustedProxies", "proxyProtocol",
        ]
        + listeners.flatMap { ["tls.\($0).certificate", "tls.\($0).key", "tls.\($0).clientAuthorities"] }
        + [
            "origin.memory", "limits.connections", "limits.address", "limits.subject", "limits.key", "limits.origin",
            "auditRetention", "accessLog", "log",
        ]
        + KEKConfiguration.fields + KeySetConfiguration.fields + LicenceSettings.fields
        + StorageSettings.fields + UploadSettings.fields + CheckSettings.fields + JobSettings.fields + [
            "sas.locatorsPerAsset", "backups.folder",
        ]

    /// Reads a file and the environment.
    ///
    /// - Parameter path: the file; nil for `keyway.yaml` where it is, and for defaults where it is not.
    /// - Throws: `ConfigurationError` that names every field that is wrong, the place and what to do.
    public static func load(path: String?, environment: [String: String]) async throws -> ServiceConfiguration {
        try ConfigurationFile.read(path: path, usual: "keyway.yaml", environment: environment, fields: fields) {
            try ServiceConfiguration($0)
        }
    }

    /// Environment variables that look as if they were Keyway's and mean nothing, each in words.
    public static func strangeVariables(in environment: [String: String]) -> [String] {
        ConfigurationFile.strangeVariables(in: environment, fields: fields)
    }

    private init(_ reader: ConfigReader) throws {
        guard let origin = try reader.listenAddress("listen.origin", default: "127.0.0.1:8080"),
            let admin = try reader.listenAddress("listen.admin", default: "127.0.0.1:8090")
        else { throw ConfigurationError("listen.origin and listen.admin are needed") }
        listenOrigin = origin
        listenKeys = try reader.listenAddress("listen.keys", default: nil)
        listenOrigins = try reader.listenAddress("listen.origins", default: nil)
        listenAdmin = admin
        keysURL = try reader.keysURL()
        corsOrigins = reader.list("cors.origins") ?? ["*"]
        trustedProxies = try reader.trustedProxies()
        proxyProtocol = try reader.proxyProtocol(trusted: trustedProxies, listeners: Self.listeners)
        tls = try reader.tls(listeners: Self.listeners)
        guard listenOrigins == nil || tls["origins"]?.clientAuthorities != nil else {
            throw ConfigurationError(
                "listen.origins needs tls.origins.certificate, key and clientAuthorities: origins are known by their "
                    + "certificates")
        }
        limits = try LimitSettings(reader)
        segmentMemory = try reader.number("origin.memory", in: 0...1_000_000) ?? 256
        accessLog = try reader.accessLog()
        log = try reader.logForm()
        auditRetention = try reader.duration("auditRetention")
        kek = try KEKConfiguration(reader)
        keySets = try KeySetConfiguration(reader)
        licences = try LicenceSettings(reader)
        sasLocators = try reader.number("sas.locatorsPerAsset", in: 1...1000) ?? 5
        let storage = try StorageSettings(reader)
        self.storage = storage
        uploads = try UploadSettings(reader, isEncrypted: storage.isEncrypted)
        checks = try CheckSettings(reader)
        jobs = try JobSettings(reader)
        backupsFolder = reader.string(forKey: "backups.folder")
        guard backupsFolder?.hasPrefix("/") ?? true else {
            throw ConfigurationError("backups.folder must be an absolute path, not '\(backupsFolder ?? "")'")
        }
        fieldsSet = Self.fields.filter { reader.string(forKey: ConfigKey($0)) != nil }
    }

    /// Why no backup can be taken over the admin API, and what to do; nil where it can, or no folder is named.
    public var backupsObstacle: (text: String, action: String)? {
        guard let folder = backupsFolder else { return nil }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            return (
                "there is no folder '\(folder)', which backups.folder names",
                "make it, or mount its disk: until then every backup over the admin API is refused"
            )
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            return (
                "backups.folder '\(folder)' may not be written to by this user",
                "give it to the user of the server: until then every backup over the admin API is refused"
            )
        }
        return nil
    }

    /// What all listeners have in common.
    public var listeners: ListenerConfiguration {
        ListenerConfiguration(
            connections: limits.connections, corsOrigins: corsOrigins, trustedProxies: trustedProxies,
            proxyProtocol: proxyProtocol, tls: tls)
    }
}
