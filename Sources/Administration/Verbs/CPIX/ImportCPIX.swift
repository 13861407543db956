import ContentKeys
import KeyExchange

/// Takes the content keys of a CPIX document whose key values are in the clear, all or none. Whoever has the private key of
/// an encrypted document opens it before: private keys never go to the service.
public struct ImportCPIX: OperatorVerb {
    /// In XML. Every signature that it has must verify.
    public var document: String
    /// What keys without a scheme are for: `common`, `common-cbcs` or `envelope`.
    public var type: String?
    public var authorizationPolicy: String?
    /// The certificate, in PEM, under which all that is used must be signed.
    public var signedBy: String?

    /// In bytes.
    public static let longestDocument = 4 << 20

    public struct Report: Codable, Sendable {
        public var keys: [KeyReport]
        /// SHA-256 of the SubjectPublicKeyInfo of every key that signed the document, in hexadecimal digits.
        public var signers: [String]

        public init(keys: [KeyReport], signers: [String]) {
            self.keys = keys
            self.signers = signers
        }
    }

    public init(document: String, type: String? = nil, authorizationPolicy: String? = nil, signedBy: String? = nil) {
        self.document = document
        self.type = type
        self.authorizationPolicy = authorizationPolicy
        self.signedBy = signedBy
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let properties = KeyOperations.CPIXImport(
            type: try type.map(KeyWords.type), authorizationPolicy: authorizationPolicy)
        let received = try received()
        if let signedBy { try received.require(signer: CPIX.Holder(pem: signedBy)) }
        let keys = try await context.keyOperations().importCPIX(received.document, properties, at: context.now())
        return Report(keys: keys, signers: received.signers)
    }

    private func received() throws -> CPIX.Received {
        var bytes = Array(document.utf8)
        defer { KeyOperations.zero(&bytes) }
        return try bytes.withUnsafeBytes { try CPIX.read($0) }
    }
}
