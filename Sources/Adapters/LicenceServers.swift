import Foundation
public import KeyDelivery
import LicenceForwarding
public import Logging
public import Policies

/// The licence servers of a running service. Whoever makes them shuts them down once.
public struct LicenceServers: Sendable {
    /// By system; none where none is configured.
    public let servers: [KeyDeliveryType: any LicenceServer]
    /// FairPlay's application certificate, in DER; nil when none is configured.
    public let certificate: [UInt8]?
    private let client: ForwardingClient

    /// Ends what is under way.
    public func shutDown() async { await client.shutDown() }

    init(servers: [KeyDeliveryType: any LicenceServer], certificate: [UInt8]?, client: ForwardingClient) {
        self.servers = servers
        self.certificate = certificate
        self.client = client
    }
}

extension Installation {
    /// - Throws: `ConfigurationError` when the certificate cannot be read.
    public func makeLicenceServers(_ settings: LicenceSettings, logger: Logger) throws -> LicenceServers {
        let certificate = try settings.certificate.map(Self.certificate)
        let client = ForwardingClient()
        let servers = settings.servers.mapValues { server -> any LicenceServer in
            ForwardedLicenceServer(
                server.address, secret: server.secret, from: secrets, client: client, timeout: server.timeout,
                logger: logger)
        }
        return LicenceServers(servers: servers, certificate: certificate, client: client)
    }

    /// Players want the certificate in DER, which starts with a sequence (X.690, 8.9).
    private static func certificate(_ path: String) throws -> [UInt8] {
        let field = "licences.fairplay.certificate"
        guard let file = FileHandle(forReadingAtPath: path),
            let bytes = try? file.read(upToCount: maximumCertificate + 1)
        else { throw ConfigurationError("\(field): cannot read '\(path)'") }
        guard bytes.count <= maximumCertificate, bytes.first == 0x30 else {
            throw ConfigurationError(
                "\(field): '\(path)' is not a certificate in DER; 'openssl x509 -outform der' makes one of PEM")
        }
        return Array(bytes)
    }

    /// In bytes.
    private static var maximumCertificate: Int { 64 << 10 }
}
