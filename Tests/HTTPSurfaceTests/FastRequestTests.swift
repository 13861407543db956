import HTTPTypes
import NIOCore
import NIOEmbedded
import Policies
import Synchronization
import Testing

@testable import HTTPSurface

/// What the handler in front of the HTTP decoder takes and what it passes on, byte by byte.
@Suite struct FastRequestTests {
    /// Takes `/fast`, and answers when it is told to.
    private final class Responder: FastResponder {
        private let answers = Mutex<[@Sendable (FastResponse) -> Void]>([])
        private let requests = Mutex<[FastRequest]>([])

        /// What it took.
        var taken: [FastRequest] { requests.withLock { $0 } }
        /// How many answers it owes.
        var owed: Int { answers.withLock { $0.count } }

        func considers(_ request: FastRequest) -> Bool { request.target.hasPrefix("/fast") }

        func answerAtHand(to request: FastRequest) -> FastResponse? {
            switch request.target {
            case "/fast/now": Self.response
            case "/fast/now/written": Self.response.written
            default: nil
            }
        }

        func respond(
            to request: FastRequest, on loop: any EventLoop, answer: @escaping @Sendable (FastResponse) -> Void
        ) -> Bool {
            guard request.target != "/fast/declined" else { return false }
            requests.withLock { $0.append(request) }
            if request.target == "/fast/at-once" {
                answer(Self.response)
            } else {
                answers.withLock { $0.append(answer) }
            }
            return true
        }

        func answerNext() {
            let answer = answers.withLock { $0.removeFirst() }
            answer(Self.response)
        }

        private static let response = FastResponse(
            status: .ok, headers: [("a", "b")], body: ByteBuffer(string: "key"), requestID: "r")
    }

    private let responder = Responder()
    private let channel = EmbeddedChannel()
    private let handler: FastRequestHandler

    init() throws {
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let time = ConnectionTimeHandler(limits: ConnectionLimits())
        handler = FastRequestHandler(
            responder: responder, clients: ClientAddressRule(trustedProxies: []),
            peer: ConnectionPeer(IPAddress("127.0.0.1")), time: time, limits: ConnectionLimits())
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    private static func head(_ target: String, _ fields: String = "", method: String = "GET") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
    }

    /// The bytes that reached the decoder.
    private func passed() throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let bytes = try channel.readInbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    private func answered() throws -> String {
        channel.embeddedEventLoop.run()
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text.replacing(/date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/, with: "date: now\r\n")
    }

    /// As the time handler tells after the last part of an answer.
    private func answerAsRouter() throws {
        channel.pipeline.triggerUserOutboundEvent(RouterHasAnswered(), promise: nil)
    }

    private static let answer = "HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 3\r\ndate: now\r\n\r\nkey"

    @Test func whatIsConsideredIsAnsweredAndTheRestPasses() throws {
        try receive(Self.head("/fast/1", "Authorization: Bearer t\r\nORIGIN: https://p \r\n"))
        #expect(try passed().isEmpty)
        #expect(try answered().isEmpty)
        responder.answerNext()
        #expect(try answered() == Self.answer)
        let request = try #require(responder.taken.first)
        #expect(request.target == "/fast/1" && request.authorization == "Bearer t" && request.origin == "https://p")
        try receive(Self.head("/slow"))
        #expect(try passed() == Self.head("/slow"))
        // Once the router has answered, the connection is fast again.
        try answerAsRouter()
        try receive(Self.head("/fast/2", method: "POST"))
        #expect(try passed().isEmpty)
        responder.answerNext()
        #expect(try answered() == Self.answer)
    }

    @Test func whatIsDeclinedIsTheRoutersWithItsBody() throws {
        let request = Self.head("/fast/declined", "Content-Length: 4\r\n", method: "POST") + "body"
        try receive(request)
        #expect(try passed() == request)
        try answerAsRouter()
        try receive(Self.head("/fast/1"))
        #expect(try passed().isEmpty)
    }

    @Test func bodiesAreWaitedFor() throws {
        try receive(Self.head("/fast/1", "Content-Length: 4\r\nContent-Type: text/plain\r\n", method: "POST") + "bo")
        #expect(responder.taken.isEmpty)
        try receive("dy" + Self.head("/fast/2"))
        let request = try #require(responder.taken.first)
        #expect(String(buffer: request.body) == "body")
        responder.answerNext()
        #expect(try answered() == Self.answer)
        #expect(responder.taken.last?.target == "/fast/2")
    }

    /// RFC 9112, 9.3.2: answers come in the order of the requests, whoever makes them.
    @Test func pipelinedAnswersKeepTheirOrder() throws {
        try receive(Self.head("/fast/1") + Self.head("/slow") + Self.head("/fast/2"))
        // The router must not see the second request before the first is answered.
        #expect(try passed().isEmpty)
        responder.answerNext()
        #expect(try answered() == Self.answer)
        #expect(try passed() == Self.head("/slow"))
        #expect(responder.owed == 0)
        try answerAsRouter()
        channel.embeddedEventLoop.run()
        #expect(responder.owed == 1)
        responder.answerNext()
        #expect(try answered() == Self.answer)
    }

    /// Thousands of them must not fill the stack, and each is written before the next is looked at.
    @Test func answersAtHandNeedNoTurnOfTheEventLoop() throws {
        try receive(
            Self.head("/fast/now") + Self.head("/fast/now/written") + Self.head("/fast/1") + Self.head("/fast/now"))
        #expect(try answered() == Self.answer + Self.answer)
        #expect(responder.taken.count == 1)
        responder.answerNext()
        #expect(try answered() == Self.answer + Self.answer)
        try receive(String(repeating: Self.head("/fast/now"), count: 2000))
        #expect(try answered() == String(repeating: Self.answer, count: 2000))
    }

    @Test func aHeadInPiecesIsReadWhenItIsWhole() throws {
        let text = Self.head("/fast/1", "Authorization: Bearer t\r\n")
        try receive(String(text.prefix(12)))
        try receive(String(text.dropFirst(12).prefix(20)))
        #expect(try passed().isEmpty && responder.taken.isEmpty)
        try receive(String(text.dropFirst(32)))
        #expect(responder.taken.count == 1)
    }

    /// A connection whose every reading ends within a request must not keep all that it ever sent.
    @Test(arguments: ["/fast", "/slow"])
    func whatWasTakenIsNotKept(_ target: String) throws {
        let text = Self.head(target, "X: " + String(repeating: "x", count: 16 << 10) + "\r\n")
        try receive(String(text.prefix(100)))
        for _ in 0..<400 {
            try receive(String(text.dropFirst(100)) + String(text.prefix(100)))
            if target == "/fast" { responder.answerNext() } else { try answerAsRouter() }
            _ = try (passed(), answered())
        }
        #expect(handler.waiting.readableBytes < 200)
        #expect(handler.waiting.capacity <= 256 << 10)
    }

    /// Whoever sends byte by byte must not have every byte read again and again.
    @Test func aHeadInManyPiecesIsTheDecoders() throws {
        let text = Self.head("/fast/1")
        for character in text { try receive(String(character)) }
        #expect(try passed() == text && responder.taken.isEmpty)
    }

    /// What could be read in two ways, or takes more than an answer, is for the decoder; so is all that follows.
    @Test(arguments: [
        "GET /fast HTTP/1.0\r\nHost: h\r\n\r\n", "get /fast HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /fast HTTP/1.1\nHost: h\n\n", "GET /fast HTTP/1.1\r\n\r\n", "GET  /fast HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /fast  HTTP/1.1\r\nHost: h\r\n\r\n", "GET /fa\u{7F}st HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://h/fast HTTP/1.1\r\nHost: h\r\n\r\n", "PUT /fast HTTP/1.1\r\nHost: h\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "\r\nGET /fast HTTP/1.1\r\nHost: h\r\n\r\n", head("/fast", "Host: h\r\n"), head("/fast", "A : b\r\n"),
        head("/fast", "A: b\r\n c\r\n"), head("/fast", ": b\r\n"), head("/fast", "A\r\n"), head("/fast", "A: b\rc\r\n"),
        head("/fast", "A: b\0\r\n"), head("/fast", "A: é\r\n"), head("/fast", "Connection: close\r\n"),
        head("/fast", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), head("/fast", "Expect: 100-continue\r\n"),
        head("/fast", "Transfer-Encoding: chunked\r\n", method: "POST") + "0\r\n\r\n",
        head("/fast", "Content-Length: 1\r\nContent-Length: 1\r\n", method: "POST") + "x",
        head("/fast", "Content-Length: +1\r\n", method: "POST") + "x",
        head("/fast", "Content-Length: 1, 1\r\n", method: "POST") + "x",
        head("/fast", "Content-Length: 999999999\r\n", method: "POST"), head("/fast", "Content-Length:\r\n"),
        head("/fast", "Authorization: a\r\nAuthorization: b\r\n"), head("/fast", "TE: trailers\r\n"),
        head("/fast", "X: " + String(repeating: "x", count: 30 << 10) + "\r\n"),
        head("/fast", String(repeating: "X: y\r\n", count: 120)),
    ])
    func whatIsNotPlainIsTheDecoders(_ text: String) throws {
        try receive(text)
        #expect(try passed() == text && responder.taken.isEmpty)
        try receive(Self.head("/fast/2"))
        #expect(try passed() == Self.head("/fast/2") && responder.taken.isEmpty)
    }

    /// However requests are damaged or cut: nothing is lost, nothing is made up, and what is taken was whole.
    @Test func damagedRequestsAreTakenWholeOrPassedWhole() throws {
        var generator = SeededGenerator(seed: 7)
        let head = Self.head("/fast/1", "Authorization: Bearer abc.def\r\nContent-Length: 4\r\n", method: "POST")
        let plain = Array((head + "body").utf8)
        for _ in 0..<3000 {
            var bytes = plain
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
                default: bytes = Array(bytes[..<position])
                }
                if bytes.isEmpty { bytes = [0] }
            }
            let test = try FastRequestTests()
            try test.channel.writeInbound(ByteBuffer(bytes: bytes))
            test.channel.embeddedEventLoop.run()
            var out: [UInt8] = []
            while let part = try test.channel.readInbound(as: ByteBuffer.self) { out += Array(part.readableBytesView) }
            #expect(out.isEmpty || bytes.starts(with: out))
            for request in test.responder.taken {
                #expect(request.target.hasPrefix("/fast") && request.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            }
            _ = try? test.channel.finish()
        }
    }

    /// It is in the access log all the same.
    @Test func aClosedConnectionTakesNoAnswer() throws {
        let lines = Mutex<[String]>([])
        let log = AccessLog(capacity: 10) { text in lines.withLock { $0.append(text) } }
        let logging = FastRequestHandler(
            responder: responder, clients: ClientAddressRule(trustedProxies: []),
            peer: ConnectionPeer(IPAddress("127.0.0.1")), time: ConnectionTimeHandler(limits: ConnectionLimits()),
            limits: ConnectionLimits(), log: ListenerAccessLog(log, listener: "keys"))
        try channel.pipeline.syncOperations.addHandler(logging, position: .first)
        try receive(Self.head("/fast/1"))
        try channel.close().wait()
        channel.embeddedEventLoop.run()
        responder.answerNext()
        #expect(try answered().isEmpty)
        log.flush()
        let written = lines.withLock { $0.joined() }
        #expect(written.contains("/fast/1") && written.contains(#""request":"r""#))
    }

    /// Answers that are given before the responder returns come in the order of the requests, too.
    @Test func answersThatAreGivenAtOnceKeepTheirOrder() throws {
        try receive(Self.head("/fast/at-once") + Self.head("/fast/1") + Self.head("/fast/at-once"))
        #expect(try answered() == Self.answer)
        #expect(responder.owed == 1)
        responder.answerNext()
        #expect(try answered() == Self.answer + Self.answer)
        #expect(responder.taken.map(\.target) == ["/fast/at-once", "/fast/1", "/fast/at-once"])
    }

    /// Those behind are asked whether there is to be read on only when the connection is theirs.
    @Test func readingBeginsAtTheFastPath() throws {
        let between = ReadCounter()
        try channel.pipeline.syncOperations.addHandler(between)
        try channel.pipeline.syncOperations.addHandler(FastReadHandler(handler))
        let before = ReadCounter()
        try channel.pipeline.syncOperations.addHandler(before, position: .first)
        channel.read()
        #expect((before.count, between.count) == (1, 0))
        try receive(Self.head("/fast/1"))
        channel.read()
        #expect((before.count, between.count) == (2, 0))
        responder.answerNext()
        #expect(try answered() == Self.answer)
        // What is not plain is the decoder's from then on.
        try receive("GET / HTTP/1.0\r\n\r\n")
        channel.read()
        #expect((before.count, between.count) == (3, 1))
    }

    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = Never
        private(set) var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    /// A client that sends no more still gets its answers, and only then those behind hear of it.
    @Test func theEndOfTheInputWaitsForAnswers() throws {
        let count = Counting()
        try channel.pipeline.syncOperations.addHandler(InputEnd { count.increment() })
        try receive(Self.head("/fast/1") + Self.head("/fast/2"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(count.value == 0)
        responder.answerNext()
        #expect(try answered() == Self.answer)
        #expect(count.value == 0)
        responder.answerNext()
        #expect(try answered() == Self.answer)
        #expect(count.value == 1)
    }

    /// Who hears of the end may close the connection, and would lose what the client has yet to take.
    @Test func theEndOfTheInputWaitsForTheReader() throws {
        let count = Counting()
        let reader = SlowReader()
        try channel.pipeline.syncOperations.addHandler(reader, position: .first)
        try channel.pipeline.syncOperations.addHandler(InputEnd { count.increment() })
        try receive(Self.head("/fast/1"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        responder.answerNext()
        #expect(try answered().isEmpty)
        #expect(count.value == 0)
        reader.take()
        #expect(try answered() == Self.answer)
        #expect(count.value == 1)
    }

    /// Hears that no more comes.
    private final class InputEnd: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let heard: @Sendable () -> Void

        init(_ heard: @escaping @Sendable () -> Void) { self.heard = heard }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed? = event as? ChannelEvent { heard() }
        }
    }

    /// Writes nothing until it is told to.
    private final class SlowReader: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var held: [(NIOAny, EventLoopPromise<Void>?)] = []
        private var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
        func flush(context: ChannelHandlerContext) {}

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            held.append((data, promise))
        }

        func take() {
            for (data, promise) in held { context?.write(data, promise: promise) }
            held = []
            context?.flush()
        }
    }

    private final class Counting: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func increment() { count.withLock { $0 += 1 } }
    }
}
