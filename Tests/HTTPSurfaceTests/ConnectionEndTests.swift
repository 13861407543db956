import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import Testing

@testable import HTTPSurface

/// How a stopping server ends its connections.
@Suite struct ConnectionEndTests {
    /// Stands for a socket whose client has yet to take what was written.
    private final class SlowSocket: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private(set) var modes: [CloseMode] = []
        private var taken: EventLoopPromise<Void>?

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            modes.append(mode)
            guard case .output = mode else { return context.close(mode: mode, promise: promise) }
            taken = promise
        }

        func take() { taken?.succeed() }
    }

    private let channel = EmbeddedChannel()
    private let socket = SlowSocket()
    private let time: ConnectionTimeHandler

    init() throws {
        var limits = ConnectionLimits()
        // The handler looks at the machine's clock.
        limits.bodyTime = .zero
        time = ConnectionTimeHandler(limits: limits)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandlers([socket, time])
    }

    private func stop() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }

    @Test func whatWasWrittenIsTakenFirst() throws {
        stop()
        #expect(socket.modes == [.output] && channel.isActive && time.isEnding)
        socket.take()
        #expect(socket.modes == [.output, .all] && !channel.isActive)
    }

    @Test func theAnswerThatIsUnderWayComesFirst() throws {
        time.requestBegan()
        stop()
        #expect(socket.modes.isEmpty && !time.isEnding)
        time.requestEnded()
        #expect(socket.modes == [.output])
        socket.take()
        #expect(!channel.isActive)
    }

    /// By the clock of the test: what comes fast enough outlives the time that a body may stand still, what trickles does not.
    @Test(arguments: [(499, false), (501, true), (100_000, true)]) func aBodyHasToComeAtARate(rate: Int, isTaken: Bool)
    {
        let limits = ConnectionLimits()
        let start = NIODeadline.now()
        var body = BodyDeadline(limits, at: start)
        var isInTime = true
        // For longer than what came before could be credit for.
        for second in 1...(isTaken ? 7200 : 40_000) where isInTime {
            let now = start + .seconds(Int64(second))
            isInTime = now < body.next(at: start + .seconds(Int64(second - 1)))
            body.took(rate, at: now)
        }
        #expect(isInTime == isTaken)
        let now = NIODeadline.now()
        #expect(BodyDeadline(limits, at: now).next(at: now) == now + limits.bodyTime)
        #expect(body.next(at: start + .hours(100)) <= start + .hours(100) + limits.bodyTime)
    }

    /// One stream of HTTP/2 that trickles ends.
    @Test func aStreamThatTricklesIsEnded() throws {
        var limits = ConnectionLimits()
        limits.bodyTime = .milliseconds(300)
        let stream = EmbeddedChannel(handler: StreamBodyHandler(limits: limits))
        try stream.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let head = HTTPRequest(method: .post, scheme: "https", authority: "x", path: "/")
        try stream.writeInbound(HTTPRequestPart.head(head))
        for _ in 0..<400 where stream.isActive {
            usleep(10_000)
            try stream.writeInbound(HTTPRequestPart.body(ByteBuffer(bytes: [0])))
            stream.embeddedEventLoop.advanceTime(to: .now())
        }
        #expect(!stream.isActive)
    }

    /// A byte now and then keeps no connection: every piece of the body comes in time, and all of it does not.
    @Test func aBodyThatTricklesIsEnded() throws {
        var limits = ConnectionLimits()
        limits.bodyTime = .milliseconds(300)
        let slow = try body(limits)
        for _ in 0..<400 where slow.isActive {
            usleep(10_000)
            try slow.writeInbound(HTTPServerRequestPart.body(ByteBuffer(bytes: [0])))
            slow.embeddedEventLoop.advanceTime(to: .now())
        }
        #expect(!slow.isActive)
    }

    private func body(_ limits: ConnectionLimits) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(ConnectionTimeHandler(limits: limits))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        return channel
    }

    @Test func nobodyIsWaitedForForever() throws {
        stop()
        channel.embeddedEventLoop.advanceTime(to: .now() + .seconds(1))
        #expect(!channel.isActive)
    }
}
