import ContentKeys
import Cryptography
public import Policies
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Seals key tickets and opens them again: deterministic authenticated encryption in the manner of SIV (RFC 5297): the
/// authentication code over the plaintext is the counter that it is encrypted under. The same ticket always gives the same
/// text, nobody else can make one, and nobody can read in a URL who watches what.
public struct KeyTicketSeal: KeyTicketSealing {
    /// The named secret that tickets are sealed under; at least 32 bytes. Setting it anew ends all tickets.
    public static let secretName = "keyway.key-tickets"
    /// The longest text that is looked at.
    public static let longest = 4096
    private static let codeSize = 16

    private static let signerTagSize = 8

    private let secrets: any SecretSource
    private let keySets: any KeySetSource
    private let locators: any LocatorTermsSource
    private let publicKeys = PublicKeyCache(capacity: 64)
    private let revisions = PolicyRevisions()

    /// - Parameter locators: what is in force where tickets were given.
    public init(
        secrets: any SecretSource, keySets: any KeySetSource = NoKeySets(),
        locators: any LocatorTermsSource = NoLocators()
    ) {
        self.secrets = secrets
        self.keySets = keySets
        self.locators = locators
    }

    /// The text of a ticket, in base64url; nil when there is no secret, or the ticket is too large for a URL.
    public func seal(_ ticket: KeyTicket) -> String? {
        guard var bytes = TicketWriter.bytes(of: ticket), let tag = signerTag(ticket.token.signer) else { return nil }
        bytes = tag + bytes
        let code = secrets.withSecret(named: Self.secretName) { secret -> [UInt8]? in
            try? Self.seal(&bytes, under: secret)
        }
        guard let code = code ?? nil else { return nil }
        let text = Base64.encode(code + bytes, .urlUnpadded)
        return text.utf8.count <= Self.longest ? text : nil
    }

    public func open(_ text: String) -> KeyTicket? {
        guard text.utf8.count <= Self.longest, let sealed = Base64.decode(text.utf8, .urlUnpadded),
            sealed.count > Self.codeSize
        else { return nil }
        let (code, bytes) = (Array(sealed.prefix(Self.codeSize)), Array(sealed.dropFirst(Self.codeSize)))
        let plain = secrets.withSecret(named: Self.secretName) { secret -> [UInt8]? in
            try? Self.open(bytes, code, under: secret)
        }
        guard let plain = plain ?? nil, plain.count >= Self.signerTagSize,
            let ticket = TicketReader.ticket(Array(plain.dropFirst(Self.signerTagSize))),
            let tag = signerTag(ticket.token.signer), constantTimeEquals(tag, Array(plain.prefix(Self.signerTagSize)))
        else { return nil }
        return ticket
    }

    /// Says which value of a named secret verified the token, so that its tickets end with it; nil when there is no such
    /// secret any more. The same for all that was signed with a public key.
    private func signerTag(_ signer: TokenSigner) -> [UInt8]? {
        guard let name = signer.secret else { return [UInt8](repeating: 0, count: Self.signerTagSize) }
        let code = secrets.withSecret(named: name) { secret -> [UInt8]? in
            try? HMAC.code(of: "keyway key ticket 1 signer".utf8, key: secret)
        }
        return (code ?? nil).map { Array($0.prefix(Self.signerTagSize)) }
    }

    public func isInForce(_ signer: TokenSigner, under policy: AuthorizationPolicy) -> Bool {
        guard let fingerprint = signer.fingerprint else { return signer.secret != nil }
        for case .token(let restriction) in policy.options.flatMap(\.restrictions) {
            for key in restriction.verificationKeys {
                switch key.source {
                case .secret: continue
                case .pem(let pem): if publicKeys.key(pem: pem)?.fingerprint == fingerprint { return true }
                case .published(let location):
                    if keySets.keySet(at: location)?.holds(fingerprint) == true { return true }
                }
            }
        }
        return false
    }

    public func terms(of locator: LocatorID) -> LocatorTerms? { locators.terms(of: locator) }

    public func revision(of policy: AuthorizationPolicy) -> [UInt8] { revisions.revision(of: policy) }

    private static func seal(
        _ bytes: inout [UInt8], under secret: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> [UInt8] {
        let code = Array(
            try withKey("mac", secret) { key throws(CryptographyError) in
                try HMAC.code(of: bytes, key: key)
            }.prefix(codeSize))
        try apply(code, to: &bytes, secret)
        return code
    }

    private static func open(
        _ sealed: [UInt8], _ code: [UInt8], under secret: UnsafeRawBufferPointer
    ) throws(CryptographyError) -> [UInt8]? {
        var bytes = sealed
        try apply(code, to: &bytes, secret)
        let right = Array(
            try withKey("mac", secret) { key throws(CryptographyError) in
                try HMAC.code(of: bytes, key: key)
            }.prefix(codeSize))
        return constantTimeEquals(right, code) ? bytes : nil
    }

    /// The key stream of a code, over bytes.
    private static func apply(
        _ code: [UInt8], to bytes: inout [UInt8], _ secret: UnsafeRawBufferPointer
    ) throws(CryptographyError) {
        let halves = [0, 8].map { start in code[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        var text = bytes
        try withKey("enc", secret) { key throws(CryptographyError) in
            let cipher = try AESCounterCipher(key: key)
            try cipher.start(high: halves[0], low: halves[1])
            var failure: CryptographyError?
            text.withUnsafeMutableBytes { buffer in
                do throws(CryptographyError) { try cipher.apply(to: buffer) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        bytes = text
    }

    /// A key of 32 bytes for one purpose, zeroed after use.
    private static func withKey<Result>(
        _ purpose: String, _ secret: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(CryptographyError) -> Result
    ) throws(CryptographyError) -> Result {
        guard secret.count >= 32 else { throw CryptographyError("the secret of tickets has fewer than 32 bytes") }
        var key = try HMAC.code(of: "keyway key ticket 1 \(purpose)".utf8, key: secret)
        defer { key.withUnsafeMutableBytes { cleanse($0) } }
        var outcome: Swift.Result<Result, CryptographyError>?
        key.withUnsafeBytes { bytes in
            outcome = Swift.Result { () throws(CryptographyError) in try body(bytes) }
        }
        guard let outcome else { throw CryptographyError("HMAC") }
        return try outcome.get()
    }
}

/// The revisions of policies, kept while the policies are the same: a policy from memory shares its storage with the one
/// before, which makes the comparison cheap.
private final class PolicyRevisions: Sendable {
    private static let capacity = 1024
    private let known = Mutex<[Exact<String>: (policy: AuthorizationPolicy, revision: [UInt8])]>([:])

    func revision(of policy: AuthorizationPolicy) -> [UInt8] {
        if let found = known.withLock({ $0[Exact(policy.name)] }), found.policy == policy { return found.revision }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let document = try? encoder.encode(policy), let digest = try? SHA256.digest(document) else {
            // No ticket has such a revision.
            return []
        }
        let revision = Array(digest.prefix(16))
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[Exact(policy.name)] = (policy, revision)
        }
        return revision
    }
}
