public import KeyDelivery
public import Logging
public import OutboundHTTP
import Policies
public import Tokens

/// A licence server elsewhere: gets the challenge as the player made it, with the entitlement as a bearer token. It has the
/// content keys, or asks for them as an encryptor does; or it is given those that were granted, encrypted to its certificate.
public struct ForwardedLicenceServer: LicenceServer {
    /// The longest licence, in bytes.
    public static let maximumLicence = 1 << 20

    private let address: LicenceServerAddress
    private let secret: String
    private let recipient: KeyRecipient?
    private let secrets: any SecretSource
    private let client: OutboundClient
    private let timeout: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - secret: the name of the secret that entitlements are signed with.
    ///   - recipient: who can read the keys that go with a challenge; nil to give none.
    ///   - client: keeps its connections between requests.
    ///   - timeout: for one request with its answer.
    ///   - logger: is told why there was no licence; never what was asked or answered.
    public init(
        _ address: LicenceServerAddress, secret: String, from secrets: any SecretSource,
        recipient: KeyRecipient? = nil, client: OutboundClient, timeout: Duration = .seconds(10), logger: Logger
    ) {
        self.address = address
        self.secret = secret
        self.secrets = secrets
        self.recipient = recipient
        self.client = client
        self.timeout = timeout
        self.logger = logger
    }

    public var keyRecipient: String? { recipient?.fingerprint }

    public func licence(
        for challenge: LicenceChallenge, under entitlement: Entitlement
    ) async throws(LicenceServerError) -> Licence {
        do throws(LicenceServerError) {
            return try await forward(challenge, entitlement)
        } catch {
            logger.warning(
                "no licence: \(error.reason)",
                metadata: [
                    "code": "\(error.code.rawValue)", "delivery": "\(entitlement.delivery.rawValue)",
                    "request": "\(entitlement.requestID)",
                ])
            throw error
        }
    }

    private func forward(
        _ challenge: LicenceChallenge, _ entitlement: Entitlement
    ) async throws(LicenceServerError) -> Licence {
        let keys = try recipient.map { recipient throws(LicenceServerError) in
            try Self.document(entitlement.keys, to: recipient)
        }
        let token = try signed(
            EntitlementToken(
                entitlement: entitlement, challenge: challenge.bytes, keys: keys, audience: address.origin))
        let answer = try await ask(challenge, keys, token)
        guard !answer.isRedirect else {
            throw LicenceServerError(
                .answerNotUsable, "\(address) answered \(answer.status), and redirects are not followed")
        }
        guard answer.status == 200 else {
            throw LicenceServerError(.refused, "\(address) answered \(answer.status)")
        }
        guard !answer.body.isEmpty else {
            throw LicenceServerError(.answerNotUsable, "\(address) answered with nothing")
        }
        return Licence(bytes: answer.body, contentType: answer.values(of: "content-type").first)
    }

    private static func document(
        _ keys: [ReleasedKey], to recipient: KeyRecipient
    ) throws(LicenceServerError) -> [UInt8] {
        do {
            return Array(try recipient.document(keys).utf8)
        } catch {
            throw LicenceServerError(
                .recipientNotUsable, "the keys cannot be encrypted to \(recipient.fingerprint): \(error.reason)")
        }
    }

    private func signed(_ token: EntitlementToken) throws(LicenceServerError) -> String {
        var text: String?
        _ = try? secrets.withSecret(named: secret) { (bytes: UnsafeRawBufferPointer) throws in
            if bytes.count >= EntitlementToken.shortestSecret { text = try token.signed(with: bytes) }
        }
        guard let text else {
            throw LicenceServerError(
                .secretNotUsable,
                "the secret '\(secret)' is missing or below \(EntitlementToken.shortestSecret) bytes; set it with "
                    + "'keyway secret set \(secret)'")
        }
        return text
    }

    private func ask(
        _ challenge: LicenceChallenge, _ keys: [UInt8]?, _ token: String
    ) async throws(LicenceServerError) -> OutboundAnswer {
        let action = challenge.action.map { [(name: "soapaction", value: $0)] } ?? []
        var (type, body) = (challenge.contentType ?? "application/octet-stream", challenge.bytes)
        if let keys {
            var form = MultipartForm()
            form.add("challenge", type: type, body)
            form.add("keys", type: "application/xml", keys)
            (type, body) = (form.contentType, form.body)
        }
        let request = OutboundRequest(
            .post, address.url, headers: [("authorization", "Bearer \(token)"), ("content-type", type)] + action,
            body: body)
        do {
            return try await client.ask(request, limit: Self.maximumLicence, timeout: timeout)
        } catch {
            let code: LicenceServerError.Code =
                switch error.code {
                case .timedOut, .cancelled: .timedOut
                case .tooLong: .answerNotUsable
                case .untrusted, .unreachable, .unprotected: .unreachable
                }
            throw LicenceServerError(code, "\(address) \(error.reason)")
        }
    }
}
