import Configuration
import LicenceForwarding
import Policies
import Settings

/// The licence servers of the protection systems that have licences of their own, and FairPlay's certificate.
public struct LicenceSettings: Sendable, Hashable {
    struct Server: Sendable, Hashable {
        var system: KeyDeliveryType
        var address: LicenceServerAddress
        /// The name of the secret that entitlements are signed with.
        var secret: String
        var timeout: Duration
        /// A PEM file with the authorities of the server's certificate; nil for the system's.
        var authorities: String?
        /// A PEM file with the certificate that keys are encrypted to; nil for a server that is given none.
        var recipient: String?
    }

    var servers: [KeyDeliveryType: Server] = [:]
    /// A file: FairPlay's application certificate in DER.
    var certificate: String?

    /// The systems that have one.
    static let systems: [KeyDeliveryType] = [.widevine, .playready, .fairplay]

    /// What goes with a url.
    private static let others = ["secret", "timeout", "caFile", "keys", "recipient"]

    static let fields =
        systems.flatMap { system in (["url"] + others).map { "licences.\(system.rawValue).\($0)" } }
        + ["licences.fairplay.certificate"]

    /// None.
    public init() {}

    init(_ reader: ConfigReader) throws {
        for system in Self.systems { servers[system] = try Self.server(of: system, reader) }
        certificate = reader.string(forKey: "licences.fairplay.certificate")
    }

    private static func server(of system: KeyDeliveryType, _ reader: ConfigReader) throws -> Server? {
        func value(_ field: String) -> String? {
            reader.string(forKey: ConfigKey("licences.\(system.rawValue).\(field)"))
        }
        let prefix = "licences.\(system.rawValue)"
        guard let url = value("url") else {
            guard others.allSatisfy({ value($0) == nil }) else {
                throw ConfigurationError("\(prefix).url is not set, but another field of it is")
            }
            return nil
        }
        guard let address = LicenceServerAddress(url) else {
            throw ConfigurationError(
                "\(prefix).url must be https://HOST/PATH without user and fragment, or http:// on this machine, not "
                    + "'\(url)'")
        }
        guard let secret = value("secret"), !secret.isEmpty else {
            throw ConfigurationError(
                "\(prefix).secret is not set: the name of the secret that entitlements are signed with")
        }
        let timeout = value("timeout") ?? "10s"
        guard let seconds = DurationText.seconds(timeout), (1...60).contains(seconds) else {
            throw ConfigurationError("\(prefix).timeout lies between 1s and 60s, not '\(timeout)'")
        }
        return Server(
            system: system, address: address, secret: secret, timeout: .seconds(seconds),
            authorities: value("caFile"), recipient: try recipient(value("keys"), value("recipient"), prefix))
    }

    /// Keys leave when both fields say so, and no other way.
    private static func recipient(_ keys: String?, _ file: String?, _ prefix: String) throws -> String? {
        switch (keys ?? "none", file) {
        case ("none", nil): return nil
        case ("cpix", let file?): return file
        case ("none", _):
            throw ConfigurationError(
                "\(prefix).recipient is set, and \(prefix).keys is not cpix: no keys would be sent")
        case ("cpix", nil):
            throw ConfigurationError(
                "\(prefix).recipient is not set: a PEM file with the certificate that keys are encrypted to")
        case (let word, _): throw ConfigurationError("\(prefix).keys is none or cpix, not '\(word)'")
        }
    }
}
