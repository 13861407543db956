import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
public import Policies
public import Tokens

/// Fetches key sets and discovery documents: GET only, no redirects, one try, bounded in size and time.
///
/// A client is made for each document, since there are a few in an hour; none is left behind with an open connection.
public struct HTTPDocumentFetcher: DocumentFetcher {
    private let authorities: String?
    private let timeout: Duration

    /// - Parameters:
    ///   - authorities: a PEM file with the authorities that the servers' certificates are held against; nil for the
    ///     system's.
    ///   - timeout: for a whole document.
    public init(authorities: String? = nil, timeout: Duration = .seconds(5)) {
        self.authorities = authorities
        self.timeout = timeout
    }

    public func fetch(_ address: KeySetAddress, limit: Int) async throws -> FetchedDocument {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try configuration())
        let outcome: Result<FetchedDocument, any Error>
        do {
            outcome = .success(try await bounded { try await Self.get(address, limit, timeout, client) })
        } catch {
            outcome = .failure(error)
        }
        try? await client.shutdown()
        switch outcome {
        case .success(let document): return document
        case .failure(let error as KeySetError): throw error
        case .failure(let error): throw KeySetError("'\(address)' \(Self.reason(error))")
        }
    }

    private static func get(
        _ address: KeySetAddress, _ limit: Int, _ timeout: Duration, _ client: HTTPClient
    ) async throws -> FetchedDocument {
        var request = HTTPClientRequest(url: address.description)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        request.headers.add(name: "user-agent", value: "keyway")
        let milliseconds = Int64(timeout / .milliseconds(1))
        let response = try await client.execute(request, deadline: .now() + .milliseconds(milliseconds))
        guard response.status == .ok else {
            let redirect = (300...399).contains(response.status.code) ? "; redirects are not followed" : ""
            throw KeySetError("'\(address)' answered \(response.status.code)\(redirect)")
        }
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= limit else {
                throw KeySetError("'\(address)' answered with more than \(limit >> 10) KiB")
            }
            body.append(contentsOf: part.readableBytesView)
        }
        return FetchedDocument(bytes: body, maximumAge: maximumAge(response.headers["cache-control"]))
    }

    /// `max-age` of `Cache-Control` (RFC 9111, 5.2.2.1); 0 where the answer may not be kept.
    static func maximumAge(_ fields: [String]) -> Int? {
        let directives = fields.joined(separator: ",").lowercased().split(separator: ",").map {
            $0.filter { $0 != " " && $0 != "\"" }
        }
        if directives.contains("no-store") || directives.contains("no-cache") { return 0 }
        let ages = directives.filter { $0.hasPrefix("max-age=") }.compactMap { Int($0.dropFirst("max-age=".count)) }
        return ages.min().map { max($0, 0) }
    }

    private func configuration() throws -> HTTPClient.Configuration {
        var security = TLSConfiguration.makeClientConfiguration()
        if let authorities {
            guard (try? NIOSSLCertificate.fromPEMFile(authorities))?.isEmpty == false else {
                throw KeySetError("keySets.caFile '\(authorities)' holds no PEM certificate that can be read")
            }
            security.trustRoots = .file(authorities)
        }
        var engine = HTTPClient.Configuration(
            tlsConfiguration: security, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(3), read: .seconds(5)), decompression: .disabled)
        engine.httpVersion = .http1Only
        engine.connectionPool.retryConnectionEstablishment = false
        return engine
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

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error):
            "did not answer in time"
        case is NIOSSLError: "could not be trusted over TLS (\(error)); see keySets.caFile"
        case is CancellationError: "was not waited for"
        default: "could not be reached (\(error))"
        }
    }
}
