import AsyncHTTPClient
import Foundation
import KeyWrapping
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks the server: POST only, no redirects, an answer of at most 64 KiB within a bounded time.
///
/// A client is made for each question, since there are a few in a process's life.
struct TransitClient: Sendable {
    static let maximumAnswer = 64 << 10

    let configuration: TransitConfiguration
    let token: TransitToken
    /// For one question with its answer.
    let timeout: Duration

    /// What a question is for, in words for its errors.
    struct Question: Sendable {
        var path: String
        var body: String
        var purpose: String
    }

    /// The body of a 200 answer, which the caller zeroes.
    ///
    /// - Throws: `KEKError` that says what the server refused or why it could not be asked, and what to do.
    func ask(_ question: Question) async throws -> [UInt8] {
        let token = try token.read()
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try engine())
        let outcome: Result<[UInt8], any Error>
        do {
            outcome = .success(try await bounded { try await post(question, token, client) })
        } catch {
            outcome = .failure(error)
        }
        try? await client.shutdown()
        switch outcome {
        case .success(let body): return body
        case .failure(let error as KEKError): throw error
        case .failure(let error):
            throw KEKError("cannot \(question.purpose): '\(configuration.address)' \(Self.reason(error))")
        }
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

    private func post(_ question: Question, _ token: String, _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: "\(configuration.address)/v1/\(question.path)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "x-vault-token", value: token)
        request.headers.add(name: "x-vault-request", value: "true")
        if let namespace = configuration.namespace { request.headers.add(name: "x-vault-namespace", value: namespace) }
        request.body = .bytes(Array(question.body.utf8))
        let milliseconds = timeout / .milliseconds(1)
        let response = try await client.execute(request, deadline: .now() + .milliseconds(Int64(milliseconds)))
        guard response.status == .ok else {
            throw KEKError(
                "cannot \(question.purpose): '\(configuration.address)' answered \(response.status.code), "
                    + meaning(of: response.status.code))
        }
        var body: [UInt8] = []
        // Room for the whole answer, so that no part of it is left behind by growing.
        body.reserveCapacity(Self.maximumAnswer)
        for try await var part in response.body {
            guard body.count + part.readableBytes <= Self.maximumAnswer else {
                body.zero()
                throw KEKError(
                    "cannot \(question.purpose): '\(configuration.address)' answered with more than 64 KiB; is it the "
                        + "server?")
            }
            body.append(contentsOf: part.readableBytesView)
            part.withUnsafeMutableReadableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
        }
        return body
    }

    private func engine() throws -> HTTPClient.Configuration {
        var security = TLSConfiguration.makeClientConfiguration()
        if let file = configuration.caFile {
            guard (try? NIOSSLCertificate.fromPEMFile(file))?.isEmpty == false else {
                throw KEKError("kek.transit.caFile '\(file)' holds no PEM certificate that can be read")
            }
            security.trustRoots = .file(file)
        }
        var engine = HTTPClient.Configuration(
            tlsConfiguration: security, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(10)), decompression: .disabled)
        engine.httpVersion = .http1Only
        // A refused connection and a certificate that is not trusted are said at once; who asks tries again.
        engine.connectionPool.retryConnectionEstablishment = false
        return engine
    }

    /// One table from a status to what to do. The answer's own words are not trusted with a terminal.
    private func meaning(of status: UInt) -> String {
        let key = "'\(configuration.mount)/…/\(configuration.key)'"
        return switch status {
        case 300...399: "a redirect, which is not followed; set kek.transit.address to the server itself"
        case 400:
            "a refusal of what was asked: the ciphertext is not of the transit key \(key), or a version of it "
                + "that was destroyed or disabled"
        case 403:
            "forbidden: the token in '\(configuration.tokenFile)' is expired, revoked, or its policy does not "
                + "allow this on \(key)"
        case 404: "not found: there is no transit engine or key for \(key), or not in this namespace"
        case 429, 472, 473, 503: "not able to serve: it is sealed, a standby, or under maintenance"
        default: "which was not expected; look into its log"
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error):
            "did not answer in time; is it up?"
        case let error as IOError: "could not be reached: \(String(cString: strerror(error.errnoCode)))"
        case is CancellationError: "was not waited for"
        case let error as NIOSSLError:
            "could not be trusted over TLS (\(error)); see kek.transit.caFile"
        default: "could not be reached (\(error))"
        }
    }
}
