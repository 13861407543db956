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
        var configuration = address.connection
        configuration.timeout.read = .seconds(60)
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
        let answer = try await execute(request, Self.deadline)
        guard let location = answer.headers.first(name: "Location"), location.hasPrefix("/") else {
            throw OperatorError(.failed, "\(address) did not say where the upload lies")
        }
        return location
    }

    /// How many bytes of an upload have arrived; nil when the server does not know it.
    public func offset(of upload: String) async throws -> UInt64? {
        let answer = try await perform(request(upload, .HEAD), Self.deadline)
        if answer.status == 404, answer.isOfTheServer { return nil }
        return try arrived(try checked(answer))
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
        return try arrived(try await execute(request, Self.sendingDeadline))
    }

    /// Ends an upload; one that the server does not know, or whose file is there already, is fine.
    public func end(_ upload: String) async throws {
        let answer = try await perform(request(upload, .DELETE), Self.deadline)
        let isOver = answer.status == 404 || answer.status == 403 && answer.problem == "complete"
        guard !isOver || !answer.isOfTheServer else { return }
        _ = try checked(answer)
    }

    /// `Upload-Offset`: what has none, or one that no file can have, comes from something that does not know uploads.
    private func arrived(_ answer: Answer) throws -> UInt64 {
        guard let text = answer.headers.first(name: "Upload-Offset"), let count = UInt64(text),
            count <= UInt64(Int64.max)
        else { throw OperatorError(.failed, "\(address) did not say how much has arrived") }
        return count
    }

    private func request(_ path: String, _ method: HTTPMethod) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.description + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Tus-Resumable", value: Self.version)
        return request
    }

    private struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var body: ByteBuffer

        /// What does not say so comes from something in between, which knows nothing of uploads.
        var isOfTheServer: Bool { headers.contains(name: "Tus-Resumable") }

        /// The code of the problem that it is.
        var problem: String? {
            struct Document: Decodable { var code: String }
            return try? JSONDecoder().decode(Document.self, from: Data(body.readableBytesView)).code
        }
    }

    private func execute(_ request: HTTPClientRequest, _ deadline: TimeAmount) async throws -> Answer {
        try checked(try await perform(request, deadline))
    }

    private func perform(_ request: HTTPClientRequest, _ deadline: TimeAmount) async throws -> Answer {
        do {
            let response = try await client.execute(request, deadline: .now() + deadline)
            let body = try await response.body.collect(upTo: Self.maximumAnswer)
            return Answer(status: Int(response.status.code), headers: response.headers, body: body)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw OperatorError(.unavailable, "cannot reach \(address): \(RemoteOperator.reason(error))")
        }
    }

    private func checked(_ answer: Answer) throws -> Answer {
        guard !(200..<300).contains(answer.status) else { return answer }
        guard answer.status != 404 || answer.isOfTheServer else {
            throw OperatorError(
                .unavailable,
                "something at \(address) answered 404, and not the server's uploads: maybe what stands in front of it")
        }
        throw RemoteOperator.error(answer.status, Data(answer.body.readableBytesView))
    }
}
