import Catalog
public import Foundation
import KeyExchange

/// Lets an origin that runs alone ask for the keys of what is published, by the certificate that it shows in TLS.
public struct CreateOrigin: OperatorVerb {
    public var name: String
    /// PEM of the certificate.
    public var certificate: String

    public init(name: String, certificate: String) {
        self.name = name
        self.certificate = certificate
    }

    public struct Report: Codable, Sendable {
        public var name: String
        /// SHA-256 of the certificate's DER, in hexadecimal digits: what 'openssl x509 -fingerprint -sha256' tells.
        public var fingerprint: String
        public var created: Date
    }

    public func run(in context: OperatorContext) async throws -> Report {
        try context.require(.keyAdmin, to: "let origins have keys")
        guard AssetRecord.isName(name) else {
            throw OperatorError(
                .invalid, "\(name.quoted) is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        let hash = try FieldChecks.about("/certificate") {
            do {
                return try EncryptorToken.hash(certificatePEM: certificate)
            } catch let error as CPIXError {
                throw OperatorError(.invalid, "the certificate: \(error.reason)")
            }
        }
        let record = OriginRecord(name: name, hash: hash, created: context.now())
        try await context.catalog.apply([
            .insertOrigin(record),
            .audit(context.event(.originCreated, detail: "\(name), certificate \(record.fingerprint)")),
        ])
        return Report(name: name, fingerprint: record.fingerprint, created: record.created)
    }
}

extension OriginRecord {
    /// In hexadecimal digits.
    var fingerprint: String {
        hash.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}
