import AsyncHTTPClient
import NIOCore
import NIOSSL

/// How every client of the admin API reaches its server.
extension AdminAddress {
    var connection: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        // A redirection would take the token elsewhere.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        if let authorities {
            var security = TLSConfiguration.makeClientConfiguration()
            security.trustRoots = .certificates(authorities)
            configuration.tlsConfiguration = security
        }
        return configuration
    }
}

/// Why TLS with a server did not come about, in words; nil for another error.
enum TLSFailure {
    static func reason(_ error: any Error) -> String? {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "its certificate is of another host: KEYWAY_URL must name the host as the certificate does"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            // The library names the cause in nothing but its description, among the places of its own code.
            String(describing: error).contains("CERTIFICATE_VERIFY_FAILED")
                ? "its certificate is not trusted; set KEYWAY_CA_FILE to a PEM file with the authority that issued it"
                : "no TLS connection came about: something else may listen there"
        default: nil
        }
    }
}
