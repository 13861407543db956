import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import NIOSSL
import Policies

/// Asks servers elsewhere, each question once: over https, or http on this machine; no redirect is followed, an answer has
/// a largest size, and question and answer together a longest time.
///
/// Belongs to whoever makes it, and must be shut down once.
public final class OutboundClient: Sendable {
    private let client: HTTPClient

    /// - Parameters:
    ///   - authorities: nil for the system's.
    ///   - identity: what servers that ask for a certificate are shown; nil for nothing.
    ///   - keepsConnections: for many questions, also at once; otherwise for one.
    public init(authorities: Authorities? = nil, identity: ClientIdentity? = nil, keepsConnections: Bool) {
        var security = TLSConfiguration.makeClientConfiguration()
        security.minimumTLSVersion = .tlsv12
        if let authorities { security.trustRoots = .certificates(authorities.certificates) }
        if let identity { (security.certificateChain, security.privateKey) = (identity.chain, identity.key) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: security, redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)),
            connectionPool: .init(idleTimeout: .seconds(20)), decompression: .disabled)
        // A refused connection and a certificate that is not trusted are said at once; who asks tries again.
        configuration.connectionPool.retryConnectionEstablishment = false
        if keepsConnections {
            // Each question waits for a connection of its own, so the default of 8 would hold up an audience.
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        } else {
            configuration.httpVersion = .http1Only
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends what is under way.
    public func shutDown() async {
        try? await client.shutdown()
    }

    /// - Parameters:
    ///   - limit: of the answer's body, in bytes.
    ///   - timeout: for the question with its whole answer.
    public func ask(
        _ request: OutboundRequest, limit: Int, timeout: Duration
    ) async throws(OutboundError) -> OutboundAnswer {
        guard Self.isProtected(request.url) else {
            throw OutboundError(.unprotected, "is neither https nor http on this machine")
        }
        do {
            return try await bounded(timeout) { try await self.answer(request, limit, timeout) }
        } catch {
            throw OutboundError(meaning: error)
        }
    }

    /// Asks one question over a connection that is not kept.
    public static func askOnce(
        _ request: OutboundRequest, authorities: Authorities?, limit: Int, timeout: Duration
    ) async throws(OutboundError) -> OutboundAnswer {
        let client = OutboundClient(authorities: authorities, keepsConnections: false)
        let outcome: Result<OutboundAnswer, OutboundError>
        do throws(OutboundError) {
            outcome = .success(try await client.ask(request, limit: limit, timeout: timeout))
        } catch {
            outcome = .failure(error)
        }
        await client.shutDown()
        return try outcome.get()
    }

    private static func isProtected(_ text: String) -> Bool {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty else { return false }
        switch url.scheme?.lowercased() {
        case "https": return true
        case "http": return LoopbackHost.contains(host)
        default: return false
        }
    }

    /// The client's own deadline ends with the answer's head; an answer that drips is given up, too.
    private func bounded<Value: Sendable>(
        _ timeout: Duration, _ body: @Sendable @escaping () async throws -> Value
    ) async throws -> Value {
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

    private func answer(
        _ request: OutboundRequest, _ limit: Int, _ timeout: Duration
    ) async throws -> OutboundAnswer {
        var question = HTTPClientRequest(url: request.url)
        question.method = .RAW(value: request.method.rawValue)
        for (name, value) in request.headers { question.headers.add(name: name, value: value) }
        if request.method == .post { question.body = .bytes(request.body) }
        let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout / .nanoseconds(1)))
        let response = try await client.execute(question, deadline: deadline)
        let headers = response.headers
        return OutboundAnswer(
            status: response.status.code, body: response.status == .ok ? try await Self.body(of: response, limit) : [],
            headers: { headers[$0] })
    }

    /// The whole body. It may be a secret: there is room for all of it from the start, so that no part is left behind by
    /// growing. What it came in is the connection's, which reads into it again; overwriting it here would overwrite a copy.
    private static func body(of response: HTTPClientResponse, _ limit: Int) async throws -> [UInt8] {
        let announced = response.headers.first(name: "content-length").flatMap { Int($0) } ?? limit
        guard (0...limit).contains(announced) else { throw tooLong(limit) }
        var body: [UInt8] = []
        body.reserveCapacity(announced)
        for try await part in response.body {
            guard body.count + part.readableBytes <= limit else {
                body.withUnsafeMutableBytes { bytes in
                    if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
                }
                throw tooLong(limit)
            }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
    }

    private static func tooLong(_ limit: Int) -> OutboundError {
        OutboundError(.tooLong, "answered with more than \(limit >> 10) KiB")
    }
}

extension OutboundError {
    init(meaning error: any Error) {
        switch error {
        case let error as OutboundError: self = error
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error):
            self.init(.timedOut, "did not answer in time")
        case let error as HTTPClientError where error == .cancelled: self.init(.cancelled, "was not waited for")
        case is CancellationError: self.init(.cancelled, "was not waited for")
        case is NIOSSLError, is NIOSSLExtraError: self.init(.untrusted, "could not be trusted over TLS (\(error))")
        case let error as IOError:
            self.init(.unreachable, "could not be reached: \(String(cString: strerror(error.errnoCode)))")
        default: self.init(.unreachable, "could not be reached (\(error))")
        }
    }
}
