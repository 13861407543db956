import Administration
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends originals to a server by the tus protocol 1.0. To be shut down once.
public struct UploadClient: Sendable {
    private static let version = "1.0.0"
    /// Of anything but bytes on their way.
    private static let deadline = TimeAmount.minutes(2)
    /// A request of bytes that takes longer is broken off and gone on with.
    private static let sendingDeadline = TimeAmount.minutes(30)
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
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func shutDown() async {
        try? await client.shutdown()
    }

    /// Begins an upload.
    ///
    /// - Parameters:
    ///   - length: in bytes; nil for one that is made of others.
    ///   - concatenation: `Upload-Concat`; nil for a file of its own.
    /// - Returns: its address on the server: a path.
    public func create(
        length: UInt64?, metadata: [(name: String, value: String)], concatenation: String?
    ) async throws -> String {
        var request = request("/v1/uploads", .POST)
        if let length { request.headers.add(name: "Upload-Length", value: "\(length)") }
        if let concatenation { request.headers.add(name: "Upload-Concat", value: concatenation) }
        request.headers.add(
            name: "Upload-Metadata",
            value: metadata.map { "\($0.name) \(Data($0.value.utf8).base64EncodedString())" }.joined(separator: ","))
        let response = try await execute(request, Self.deadline)
        guard let location = response.headers.first(name: "Location"), location.hasPrefix("/") else {
            throw OperatorError(.failed, "\(address) did not say where the upload lies")
        }
        return location
    }

    /// How many bytes of an upload have arrived; nil when the server does not know it.
    public func offset(of upload: String) async throws -> UInt64? {
        do {
            let response = try await execute(request(upload, .HEAD), Self.deadline)
            return response.headers.first(name: "Upload-Offset").flatMap { UInt64($0) }
        } catch let error as OperatorError where error.code == .missing {
            return nil
        }
    }

    /// Sends bytes.
    ///
    /// - Parameter count: how many `body` has.
    /// - Returns: how many have arrived in all.
    public func send<Body: AsyncSequence & Sendable>(
        to upload: String, at offset: UInt64, _ body: Body, count: UInt64
    ) async throws -> UInt64 where Body.Element == [UInt8] {
        var request = request(upload, .PATCH)
        request.headers.add(name: "Content-Type", value: "application/offset+octet-stream")
        request.headers.add(name: "Upload-Offset", value: "\(offset)")
        request.body = .stream(body.map { ByteBuffer(bytes: $0) }, length: .known(Int64(clamping: count)))
        let response = try await execute(request, Self.sendingDeadline)
        guard let arrived = response.headers.first(name: "Upload-Offset").flatMap({ UInt64($0) }) else {
            throw OperatorError(.failed, "\(address) did not say how much has arrived")
        }
        return arrived
    }

    /// Ends an upload; one that the server does not know, or whose file is there already, is fine.
    public func end(_ upload: String) async throws {
        do {
            _ = try await execute(request(upload, .DELETE), Self.deadline)
        } catch let error as OperatorError where error.code == .missing || error.code == .notPermitted {
            // A token that may not do it can begin no upload either.
            return
        }
    }

    private func request(_ path: String, _ method: HTTPMethod) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.description + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Tus-Resumable", value: Self.version)
        return request
    }

    private func execute(_ request: HTTPClientRequest, _ deadline: TimeAmount) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await client.execute(request, deadline: .now() + deadline)
            body = try await response.body.collect(upTo: Self.maximumAnswer)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw OperatorError(.unavailable, "cannot reach \(address): \(RemoteOperator.reason(error))")
        }
        guard (200..<300).contains(response.status.code) else {
            throw RemoteOperator.error(Int(response.status.code), Data(body.readableBytesView))
        }
        return response
    }
}
