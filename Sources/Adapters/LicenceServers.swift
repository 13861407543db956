import Foundation
public import KeyDelivery
import LicenceForwarding
public import Logging
import OutboundHTTP
public import Policies
import Settings

/// The licence servers of a running service. Whoever makes them shuts them down once.
public struct LicenceServers: Sendable {
    /// By system; none where none is configured.
    public let servers: [KeyDeliveryType: any LicenceServer]
    /// FairPlay's application certificate, in DER; nil when none is configured.
    public let certificate: [UInt8]?
    private let clients: [OutboundClient]

    /// Ends what is under way.
    public func shutDown() async {
        for client in clients { await client.shutDown() }
    }

    init(servers: [KeyDeliveryType: any LicenceServer], certificate: [UInt8]?, clients: [OutboundClient]) {
        self.servers = servers
        self.certificate = certificate
        self.clients = clients
    }
}

extension Installation {
    /// - Throws: `ConfigurationError` when a certificate cannot be read.
    public func makeLicenceServers(_ settings: LicenceSettings, logger: Logger) throws -> LicenceServers {
        let certificate = try settings.certificate.map(Self.certificate)
        // All files are read before the first client is made, which would have to be shut down again.
        let authorities = try settings.servers.compactMapValues { server in
            try server.authorities.map { try Self.authorities($0, "licences.\(server.system.rawValue).caFile") }
        }
        let recipients = try settings.servers.compactMapValues { server in
            try server.recipient.map { try Self.recipient($0, "licences.\(server.system.rawValue).recipient") }
        }
        var clients: [OutboundClient] = []
        let servers = settings.servers.mapValues { server -> any LicenceServer in
            let client = OutboundClient(authorities: authorities[server.system], keepsConnections: true)
            clients.append(client)
            return ForwardedLicenceServer(
                server.address, secret: server.secret, from: secrets,
                recipient: recipients[server.system], client: client, timeout: server.timeout, logger: logger)
        }
        return LicenceServers(servers: servers, certificate: certificate, clients: clients)
    }

    private static func authorities(_ file: String, _ field: String) throws -> Authorities {
        do {
            return try Authorities(file: file)
        } catch {
            throw ConfigurationError("\(field) \(error)")
        }
    }

    private static func recipient(_ path: String, _ field: String) throws -> KeyRecipient {
        do {
            return try KeyRecipient(pem: String(decoding: try contents(of: path, field), as: UTF8.self))
        } catch let error as KeyRecipientError {
            throw ConfigurationError("\(field): '\(path)' is not usable: \(error)")
        }
    }

    private static func contents(of path: String, _ field: String) throws -> Data {
        guard let file = FileHandle(forReadingAtPath: path),
            let bytes = try? file.read(upToCount: maximumCertificate + 1)
        else { throw ConfigurationError("\(field): cannot read '\(path)'") }
        guard bytes.count <= maximumCertificate else {
            throw ConfigurationError("\(field): '\(path)' is longer than a certificate")
        }
        return bytes
    }

    /// Players want the certificate in DER, which starts with a sequence (X.690, 8.9).
    private static func certificate(_ path: String) throws -> [UInt8] {
        let field = "licences.fairplay.certificate"
        let bytes = try contents(of: path, field)
        guard bytes.first == 0x30 else {
            throw ConfigurationError(
                "\(field): '\(path)' is not a certificate in DER; 'openssl x509 -outform der' makes one of PEM")
        }
        return Array(bytes)
    }

    /// In bytes.
    private static var maximumCertificate: Int { 64 << 10 }
}
