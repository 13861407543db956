import Administration
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Fetches originals and objects of packages from a server, in as many requests as it needs. To be shut down once.
public struct DownloadClient: Sendable {
    private static let deadline = TimeAmount.minutes(30)
    /// So often in a row it is tried again without any byte.
    private static let patience = 20
    private static let pause = Duration.milliseconds(500)
    private static let maximumAnswer = 1 << 20

    private let address: AdminAddress
    private let token: String
    private let client: HTTPClient

    public init(address: AdminAddress, token: String) {
        self.address = address
        self.token = token
        var configuration = address.connection
        configuration.timeout.read = .seconds(60)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutDown() async {
        try? await client.shutdown()
    }

    /// Fetches an original from an offset to its end; where the connection breaks it goes on by itself.
    ///
    /// - Parameters:
    ///   - sha256: of the content that is gone on with, in hexadecimal digits.
    ///   - take: is given the bytes in order.
    /// - Throws: `OperatorError`, and what `take` throws.
    public func download(
        asset: String, file: String, from offset: UInt64, sha256: String?, take: ([UInt8]) throws -> Void
    ) async throws {
        let path = "/v1/assets/\(asset)/files/\(RemoteOperator.encoded(file))/content"
        _ = try await download(Source(path: path, tag: sha256.map { "\"\($0)\"" }), from: offset, take)
    }

    /// Fetches an original that waits for a decision, from its start to its end, as `download` does.
    public func download(review id: String, take: ([UInt8]) throws -> Void) async throws {
        let path = "/v1/reviews/\(RemoteOperator.encoded(id))/content"
        _ = try await download(Source(path: path), from: 0, take)
    }

    /// An object of a package.
    public struct PackagedObject: Sendable {
        var source: Source

        /// - Parameters:
        ///   - address: as the package's list has it.
        ///   - entityTag: as the list has it, too: of anything else nothing is taken.
        ///   - keysURL: as the list was asked for.
        public init(asset: String, locator: String, address: String, entityTag: String, keysURL: String?) {
            let query = [("locator", locator), ("address", address)] + (keysURL.map { [("keysUrl", $0)] } ?? [])
            source = Source(
                path: "/v1/assets/\(asset)/package/content?"
                    + query.map { "\($0.0)=\(RemoteOperator.encoded($0.1))" }.joined(separator: "&"),
                tag: "\"\(entityTag)\"", mustMatch: true)
        }
    }

    /// Fetches an object of a package, as `download` does.
    ///
    /// - Returns: SHA-256 of all of it; nil where the server did not say it.
    public func download(
        _ object: PackagedObject, from offset: UInt64, take: ([UInt8]) throws -> Void
    ) async throws -> [UInt8]? {
        try await download(object.source, from: offset, take)
    }

    /// SHA-256 of an object of a package.
    public func digest(of object: PackagedObject) async throws -> [UInt8]? {
        var source = object.source
        source.method = .HEAD
        return try await download(source, from: 0) { _ in }
    }

    struct Source: Sendable {
        var method = HTTPMethod.GET
        var path: String
        /// Of the content that is gone on with, with quotes; nil where it is not known.
        var tag: String?
        /// Whether anything with another tag is refused.
        var mustMatch = false
    }

    /// - Returns: `Repr-Digest` of the answer.
    private func download(
        _ source: Source, from offset: UInt64, _ take: ([UInt8]) throws -> Void
    ) async throws -> [UInt8]? {
        var position = offset
        var failures = 0
        while true {
            let before = position
            var taken: (any Error)?
            do {
                let response = try await client.execute(request(source, position), deadline: .now() + Self.deadline)
                // All of it was here.
                if response.status.code == 416, position > 0 { return nil }
                guard (200..<300).contains(response.status.code) else {
                    let body = try await response.body.collect(upTo: Self.maximumAnswer)
                    throw RemoteOperator.error(Int(response.status.code), Data(body.readableBytesView))
                }
                guard position == 0 || response.status == .partialContent else {
                    throw OperatorError(.changed, "the file was changed: remove what was begun, and try again")
                }
                for try await buffer in response.body {
                    do {
                        try take(Array(buffer.readableBytesView))
                    } catch {
                        taken = error
                        throw error
                    }
                    position += UInt64(buffer.readableBytes)
                }
                return response.headers.first(name: "Repr-Digest").flatMap(Self.sha256)
            } catch let error as OperatorError where error.code != .unavailable {
                throw error
            } catch {
                if let taken { throw taken }
                try Task.checkCancellation()
                failures = position > before ? 0 : failures + 1
                guard failures < Self.patience else {
                    throw (error as? OperatorError)
                        ?? OperatorError(.unavailable, "cannot reach \(address): \(RemoteOperator.reason(error))")
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func request(_ source: Source, _ position: UInt64) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.description + source.path)
        request.method = source.method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let tag = source.tag, source.mustMatch { request.headers.add(name: "If-Match", value: tag) }
        if position > 0 {
            request.headers.add(name: "Range", value: "bytes=\(position)-")
            if let tag = source.tag { request.headers.add(name: "If-Range", value: tag) }
        }
        return request
    }

    /// Of a `Repr-Digest` (RFC 9530), `sha-256=:…:`.
    private static func sha256(_ text: String) -> [UInt8]? {
        guard text.hasPrefix("sha-256=:"), text.hasSuffix(":"),
            let bytes = Data(base64Encoded: String(text.dropFirst(9).dropLast())), bytes.count == 32
        else { return nil }
        return Array(bytes)
    }
}
