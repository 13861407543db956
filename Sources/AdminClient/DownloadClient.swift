import Administration
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Fetches originals from a server, in as many requests as it needs. To be shut down once.
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
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = .seconds(60)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutDown() async {
        try? await client.shutdown()
    }

    /// Fetches a file from an offset to its end; where the connection breaks it goes on by itself.
    ///
    /// - Parameters:
    ///   - sha256: of the content that is gone on with, in hexadecimal digits.
    ///   - take: is given the bytes in order.
    /// - Throws: `OperatorError`, and what `take` throws.
    public func download(
        asset: String, file: String, from offset: UInt64, sha256: String?, take: ([UInt8]) throws -> Void
    ) async throws {
        var position = offset
        var failures = 0
        while true {
            var request = HTTPClientRequest(url: "\(address)/v1/assets/\(asset)/files/\(file)/content")
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
            if position > 0 {
                request.headers.add(name: "Range", value: "bytes=\(position)-")
                if let sha256 { request.headers.add(name: "If-Range", value: "\"\(sha256)\"") }
            }
            let before = position
            var taken: (any Error)?
            do {
                let response = try await client.execute(request, deadline: .now() + Self.deadline)
                // All of it was here.
                if response.status.code == 416, position > 0 { return }
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
                return
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
}
