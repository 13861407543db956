import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
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
