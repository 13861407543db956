import AsyncHTTPClient
public import KeyDelivery
public import Logging
import NIOCore
import NIOHTTP1
import Policies
public import Tokens

/// A licence server elsewhere: gets the challenge as the player made it, with the entitlement as a bearer token. It gets no
/// content key: it has its own, or asks for them as an operator does.
public struct ForwardedLicenceServer: LicenceServer {
    /// The longest licence, in bytes.
    public static let maximumLicence = 1 << 20

    private let address: LicenceServerAddress
    private let secret: String
    private let secrets: any SecretSource
    private let client: ForwardingClient
    private let timeout: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - secret: the name of the secret that entitlements are signed with.
    ///   - timeout: for one request with its answer.
    ///   - logger: is told why there was no licence; never what was asked or answered.
    public init(
        _ address: LicenceServerAddress, secret: String, from secrets: any SecretSource, client: ForwardingClient,
        timeout: Duration = .seconds(10), logger: Logger
    ) {
        self.address = address
        self.secret = secret
        self.secrets = secrets
        self.client = client
        self.timeout = timeout
        self.logger = logger
    }

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
        let token = try signed(
            EntitlementToken(
                entitlement: entitlement, challenge: challenge.bytes, audience: address.origin))
        do {
            return try await bounded { try await ask(challenge, token) }
        } catch let error as LicenceServerError {
            throw error
        } catch {
            throw Self.failure(error, address)
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

    /// The client's own deadline ends with the answer's head; an answer that drips is given up, too.
    private func bounded<Value: Sendable>(_ body: @Sendable @escaping () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    private func ask(_ challenge: LicenceChallenge, _ token: String) async throws -> Licence {
        var request = HTTPClientRequest(url: address.url)
        request.method = .POST
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        request.headers.add(name: "content-type", value: challenge.contentType ?? "application/octet-stream")
        if let action = challenge.action { request.headers.add(name: "soapaction", value: action) }
        request.body = .bytes(challenge.bytes)
        let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout / .nanoseconds(1)))
        let response = try await client.client.execute(request, deadline: deadline)
        let status = response.status.code
        guard !(300...399).contains(status) else {
            throw LicenceServerError(.answerNotUsable, "\(address) answered \(status), and redirects are not followed")
        }
        guard response.status == .ok else { throw LicenceServerError(.refused, "\(address) answered \(status)") }
        var bytes: [UInt8] = []
        for try await part in response.body {
            guard bytes.count + part.readableBytes <= Self.maximumLicence else {
                throw LicenceServerError(.answerNotUsable, "\(address) answered with more than 1 MiB")
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        guard !bytes.isEmpty else { throw LicenceServerError(.answerNotUsable, "\(address) answered with nothing") }
        return Licence(bytes: bytes, contentType: response.headers.first(name: "content-type"))
    }

    private static func failure(_ error: any Error, _ address: LicenceServerAddress) -> LicenceServerError {
        switch error {
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout, .cancelled].contains(error):
            LicenceServerError(.timedOut, "\(address) did not answer in time")
        case is CancellationError: LicenceServerError(.timedOut, "\(address) was not waited for")
        default: LicenceServerError(.unreachable, "\(address) could not be reached, or not be trusted (\(error))")
        }
    }
}
