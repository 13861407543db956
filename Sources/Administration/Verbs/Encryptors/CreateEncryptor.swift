import Catalog
public import Foundation
import KeyExchange
import Policies

/// Lets an encryptor ask for keys, with a token that only the answer to this has, or with the certificate that it shows in
/// TLS; the catalog keeps the hash of either.
public struct CreateEncryptor: OperatorVerb {
    public var name: String
    /// The policy of the keys that it makes, and the only one whose keys it is given.
    public var authorizationPolicy: String
    /// Whether keys that it asks for, and that there are not, are made.
    public var mayCreate: Bool
    /// How long the token lives, as `12h` or `30d`; nil for ever.
    public var expires: String?
    /// PEM of the certificate that the encryptor shows instead of a token; nil makes a token.
    public var certificate: String?

    public init(
        name: String, authorizationPolicy: String, mayCreate: Bool, expires: String?, certificate: String? = nil
    ) {
        self.certificate = certificate
        self.name = name
        self.authorizationPolicy = authorizationPolicy
        self.mayCreate = mayCreate
        self.expires = expires
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var authorizationPolicy: String
        public var mayCreate: Bool
        public var expires: Date?
        /// Nil for an encryptor with a certificate.
        public var token: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        try context.require(.keyAdmin, to: "let encryptors have keys")
        guard AssetRecord.isName(name) else {
            throw OperatorError(
                .invalid, "\(name.quoted) is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        let now = context.now()
        let end = try expires.map { text -> Date in
            guard let seconds = DurationText.seconds(text), seconds > 0 else {
                throw OperatorError(.invalid, "a token expires after a duration as 12h or 30d, not \(text.quoted)")
            }
            return now.addingTimeInterval(TimeInterval(seconds))
        }
        let token = certificate == nil ? EncryptorToken.random() : nil
        var checks = FieldChecks()
        let digest = try checks.value("/certificate") { try hash(token) }
        try await checks.notePolicy(authorizationPolicy, in: context.catalog)
        try checks.end()
        guard let digest else { throw OperatorError(.invalid, "the certificate cannot be read") }
        let encryptor = Encryptor(name: name, authorizationPolicy: authorizationPolicy, mayCreate: mayCreate)
        let record = EncryptorRecord(encryptor: encryptor, hash: digest, created: now, expires: end)
        var event = context.event(.encryptorCreated, detail: name)
        event.policy = authorizationPolicy
        try await context.catalog.apply([.insertEncryptor(record), .audit(event)])
        return Report(
            name: name, authorizationPolicy: authorizationPolicy, mayCreate: mayCreate, expires: end, token: token)
    }

    private func hash(_ token: String?) throws -> [UInt8] {
        if let token { return try EncryptorToken.hash(token) }
        do {
            return try EncryptorToken.hash(certificatePEM: certificate ?? "")
        } catch let error as CPIXError {
            throw OperatorError(.invalid, "the certificate: \(error.reason)")
        }
    }
}
