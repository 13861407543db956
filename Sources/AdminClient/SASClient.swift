import Administration
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Puts files below a SAS URL, each in one request. No error holds the URL's query. To be shut down once.
public struct SASClient: Sendable {
    private static let deadline = TimeAmount.minutes(30)
    /// So often in a row a file is tried again.
    private static let patience = 20
    private static let longestPause = Duration.seconds(5)
    private static let maximumAnswer = 64 << 10

    private let address: SASAddress
    private let client: HTTPClient

    public init(_ address: SASAddress) {
        self.address = address
        var configuration = HTTPClient.Configuration()
        // A redirection would take the signature elsewhere.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = .seconds(60)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutDown() async {
        try? await client.shutdown()
    }

    /// What lies in a place.
    public enum Found: Sendable, Hashable {
        case nothing
        /// Its SHA-256 in hexadecimal digits where the store says it, as Keyway's does.
        case file(sha256: String?)
        /// The URL does not allow looking.
        case hidden
    }

    public func look(at path: String) async throws -> Found {
        let response = try await patiently(path) {
            var request = HTTPClientRequest(url: address.url(of: path))
            request.method = .HEAD
            return try await client.execute(request, deadline: .now() + Self.deadline)
        }
        switch response.status.code {
        case 200:
            let tag = response.headers.first(name: "ETag")?.trimmingCharacters(in: ["\""])
            let isDigest = tag?.utf8.count == 64 && tag?.allSatisfy(\.isHexDigit) == true
            return .file(sha256: isDigest ? tag : nil)
        case 404: return .nothing
        case 401, 403: return .hidden
        default: throw refusal(path, response.status.code)
        }
    }

    /// Puts a file.
    ///
    /// - Parameters:
    ///   - size: in bytes.
    ///   - body: makes the bytes anew for each attempt.
    /// - Returns: false when there is a file in that place that may not be replaced.
    /// - Throws: `OperatorError`.
    public func put<Body: AsyncSequence & Sendable>(
        _ path: String, contentType: String, size: UInt64, body: @Sendable () -> Body
    ) async throws -> Bool where Body.Element == [UInt8] {
        let response = try await patiently(path) {
            var request = HTTPClientRequest(url: address.url(of: path))
            request.method = .PUT
            request.headers.add(name: "Content-Type", value: contentType)
            // What Azure's stores need; others take no notice of it.
            request.headers.add(name: "x-ms-blob-type", value: "BlockBlob")
            // Nothing that lies there is replaced (RFC 9110, 13.1.2): it may be what a cache gives out under the same URL.
            request.headers.add(name: "If-None-Match", value: "*")
            request.body = .stream(body().map { ByteBuffer(bytes: $0) }, length: .known(Int64(clamping: size)))
            return try await client.execute(request, deadline: .now() + Self.deadline)
        }
        switch response.status.code {
        case 200..<300: return true
        case 409, 412: return false
        default: throw refusal(path, response.status.code)
        }
    }

    /// Tries again what a broken connection or a server that is too busy stopped.
    private func patiently(
        _ path: String, _ send: () async throws -> HTTPClientResponse
    ) async throws -> HTTPClientResponse {
        var failures = 0
        while true {
            var reason: String
            do {
                let response = try await send()
                _ = try await response.body.collect(upTo: Self.maximumAnswer)
                guard [408, 429, 500, 502, 503, 504].contains(response.status.code) else { return response }
                reason = "it answers \(response.status.code)"
            } catch {
                try Task.checkCancellation()
                reason = RemoteOperator.reason(error)
            }
            failures += 1
            guard failures < Self.patience else {
                throw OperatorError(.unavailable, "cannot put '\(path)' to \(address): \(reason)")
            }
            try await Task.sleep(for: min(.milliseconds(100) * (1 << min(failures, 6)), Self.longestPause))
        }
    }

    private func refusal(_ path: String, _ status: UInt) -> OperatorError {
        switch status {
        case 401, 403:
            OperatorError(.notPermitted, "\(address) does not take '\(path)': the URL does not allow that, or not now")
        case 413:
            OperatorError(
                .tooLarge,
                "\(address) takes no more: 'uploads.filesPerAsset' and 'uploads.quota' of the server say how much it may be"
            )
        default: OperatorError(.failed, "\(address) refuses '\(path)' with status \(status)")
        }
    }
}
