import NIOCore
import NIOEmbedded
import NIOHTTP1
import Policies
import Synchronization
import Testing

@testable import HTTPSurface

@Suite struct FastPathTests {
    /// Takes `/fast`, and answers when it is told to.
    private final class Responder: FastResponder {
        let answers = Mutex<[@Sendable (FastResponse) -> Void]>([])

        func considers(_ head: HTTPRequestHead) -> Bool { head.uri.hasPrefix("/fast") }

        func respond(
            to head: HTTPRequestHead, client: IPAddress, answer: @escaping @Sendable (FastResponse) -> Void
        ) -> Bool {
            guard head.uri != "/fast/declined" else { return false }
            answers.withLock { $0.append(answer) }
            return true
        }

        func answerNext() {
            let answer = answers.withLock { $0.removeFirst() }
            answer(FastResponse(status: .ok, headers: [], body: ByteBuffer(string: "key"), requestID: "r"))
        }
    }

    private let responder = Responder()
    private let channel = EmbeddedChannel()

    init() throws {
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(
            FastPathHandler(
                responder: responder, clients: ClientAddressRule(trustedProxies: []),
                peer: ConnectionPeer(IPAddress("127.0.0.1"))))
    }

    private func send(_ uri: String, method: HTTPMethod = .GET, body: String? = nil) throws {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        if let body { try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: body))) }
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    /// The heads that reached the router.
    private func passed() throws -> [String] {
        var uris: [String] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head(let head) = part { uris.append(head.uri) }
        }
        return uris
    }

    private func answered() throws -> Int {
        channel.embeddedEventLoop.run()
        var count = 0
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            if case .end = part { count += 1 }
        }
        return count
    }

    private func answerAsRouter() throws {
        try channel.writeOutbound(
            HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .notFound)))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    @Test func whatIsConsideredIsAnsweredAndTheRestPasses() throws {
        try send("/fast/1")
        #expect(try passed().isEmpty)
        #expect(try answered() == 0)
        responder.answerNext()
        #expect(try answered() == 1)
        try send("/slow")
        #expect(try passed() == ["/slow"])
    }

    @Test func whatIsDeclinedOrHasABodyIsTheRouters() throws {
        try send("/fast/declined")
        #expect(try passed() == ["/fast/declined"])
        try answerAsRouter()
        try send("/fast/1", method: .POST, body: "x")
        #expect(try passed() == ["/fast/1"])
    }

    /// RFC 9112, 9.3.2: answers come in the order of the requests, whoever makes them.
    @Test func pipelinedAnswersKeepTheirOrder() throws {
        try send("/fast/1")
        try send("/slow")
        try send("/fast/2")
        // The router must not see the second request before the first is answered.
        #expect(try passed().isEmpty)
        responder.answerNext()
        #expect(try answered() == 1)
        // The third comes while the router owes an answer: it is the router's, too.
        #expect(try passed() == ["/slow", "/fast/2"])
    }

    @Test func aClosedConnectionTakesNoAnswer() throws {
        try send("/fast/1")
        try channel.close().wait()
        responder.answerNext()
        channel.embeddedEventLoop.run()
    }
}
