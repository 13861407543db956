import ContentKeys
import Cryptography
import Policies

/// A key of a token restriction, read.
enum TokenKey {
    case symmetric(ZeroedBytes)
    /// `PUBLIC KEY` in PEM, of an RSA key.
    case publicKey(pem: String)

    /// From the DER of a certificate, of which only the key counts.
    init(certificate: [UInt8], at place: ExportPlace) throws(Refusal) {
        self = try Self.rsa(at: place) { () throws(CryptographyError) in try PublicKey(certificate: certificate) }
    }

    init(modulus: [UInt8], exponent: [UInt8], at place: ExportPlace) throws(Refusal) {
        self = try Self.rsa(at: place) { () throws(CryptographyError) in
            try PublicKey(rsaModulus: modulus, exponent: exponent)
        }
    }

    private static func rsa(
        at place: ExportPlace, _ read: () throws(CryptographyError) -> PublicKey
    ) throws(Refusal) -> TokenKey {
        do throws(CryptographyError) {
            let key = try read()
            guard key.kind == .rsa else { throw CryptographyError("public key: not an RSA key") }
            return .publicKey(pem: try key.pem())
        } catch {
            throw Refusal("the key cannot be used: \(error.operation)", at: place)
        }
    }
}

/// What a token restriction says, in either form that Azure Media Services had for it.
struct TokenTerms {
    let place: ExportPlace
    /// Nil for a text that is no kind here.
    var kind: TokenKind?
    var issuer: String?
    var audience: String?
    /// The primary first. One that cannot be used is not there, and reported.
    var keys: [(role: String, key: TokenKey)] = []
    var discovery: (url: String, place: ExportPlace)?
    private(set) var claims: [RequiredClaim] = []
    /// Whether a key was left out of the export because it is a secret.
    var lacksSecret = false

    private static let mostKeys = 16
    private static let mostClaims = 64
    /// In bytes: of issuer, audience, a claim's value.
    private static let longestText = 1024
    private static let longestClaimName = 256

    init(at place: ExportPlace) {
        self.place = place
    }

    /// - Parameter value: nil where the template leaves it open: of the claim that names the key, the key that is asked
    ///   for; of others any value.
    mutating func addClaim(_ name: String?, _ value: String?, at place: ExportPlace) throws(Refusal) {
        guard let name, Self.isLine(name, Self.longestClaimName) else {
            throw Refusal("a required claim has no usable name", at: place)
        }
        let expectation: RequiredClaim.Expectation
        switch value {
        case nil: expectation = name == RequiredClaim.azureKeyIdentifier ? .requestedKeyID : .present
        case let value? where Self.isLine(value, Self.longestText) && !value.contains("{kid}"):
            expectation = .equals(value)
        default: throw Refusal("the value of a required claim cannot be asked for here", at: place)
        }
        let claim = RequiredClaim(name: name, expectation: expectation)
        guard !claims.contains(claim) else { return }
        guard !claims.contains(where: { $0.name == name }) else {
            throw Refusal("a claim is required twice, with different values", at: place)
        }
        guard claims.count < Self.mostClaims else {
            throw Refusal("there are more than \(Self.mostClaims) required claims", at: place)
        }
        claims.append(claim)
    }

    /// The restriction, its secrets named by their role.
    func restriction(_ findings: FindingList) throws(Refusal) -> (TokenRestriction, [ImportedSecret]) {
        guard let kind else { throw Refusal("the kind of token is neither SWT nor JWT", at: place) }
        guard let issuer, let audience, Self.isLine(issuer, Self.longestText), Self.isLine(audience, Self.longestText)
        else { throw Refusal("issuer or audience is missing, empty or too long", at: place) }
        var verification: [VerificationKey] = []
        var secrets: [ImportedSecret] = []
        for (role, key) in keys {
            switch key {
            case .symmetric(let value):
                secrets.append(ImportedSecret(name: role, value: value))
                verification.append(VerificationKey(source: .secret(role), algorithms: [.hs256]))
            case .publicKey where kind == .swt:
                findings.add(.notTakenOver, "the \(role) key is a public key, which verifies no SWT", at: place)
            case .publicKey(let pem): verification.append(VerificationKey(source: .pem(pem), algorithms: [.rs256]))
            }
        }
        if let published = publishedKeys(kind, findings) { verification.append(published) }
        guard !verification.isEmpty else { throw Refusal(whyNoKey, at: place) }
        guard verification.count <= Self.mostKeys else {
            throw Refusal("there are more than \(Self.mostKeys) verification keys", at: place)
        }
        if claims.contains(where: { $0.name == RequiredClaim.azureMaximumUses }) {
            findings.add(.note, "uses of a token with the claim maxuses are counted here as well", at: place)
        }
        let restriction = TokenRestriction(
            kind: kind, issuer: issuer, audience: audience, verificationKeys: verification, requiredClaims: claims)
        return (restriction, secrets)
    }

    private var whyNoKey: String {
        lacksSecret
            ? "the export is without its secrets, so that nothing verifies its tokens: take what "
                + "getPolicyPropertiesWithSecrets answers"
            : "no key is left that verifies its tokens"
    }

    private func publishedKeys(_ kind: TokenKind, _ findings: FindingList) -> VerificationKey? {
        guard let discovery else { return nil }
        guard kind == .jwt else {
            findings.add(.notTakenOver, "published keys verify no SWT", at: discovery.place)
            return nil
        }
        do throws(KeySetAddress.Problem) {
            let address = try KeySetAddress(discovery.url)
            if !keys.isEmpty {
                findings.add(.note, "both the given keys and the published ones verify tokens", at: discovery.place)
            }
            return VerificationKey(
                source: .published(KeySetLocation(.discovery, url: address.description)), algorithms: [])
        } catch {
            findings.add(.notTakenOver, "the discovery document's address \(error.reason)", at: discovery.place)
            return nil
        }
    }

    /// One line of text that documents can carry.
    private static func isLine(_ text: String, _ longest: Int) -> Bool {
        (1...longest).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
