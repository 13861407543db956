import NIOCore
import NIOHTTP2

/// Has the limit of HTTP/2 heads in force from a connection's first byte. The HTTP/2 handler takes up the settings that it
/// announces when the client acknowledges them, and clients send their first requests before: those would be held against
/// 16 KiB. What is announced here allows more than that, so it can be in force early; the acknowledgements themselves, when
/// they come, say nothing new.
///
/// Stands between TLS and the HTTP/2 handler, and leaves with the last acknowledgement.
final class HTTP2SettingsHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum State {
        /// Before the client's preface: what every connection begins with, and its settings (RFC 9113, 3.4).
        case preface
        /// Among frames, with so many bytes of one to come.
        case frames(rest: Int)
        case done
    }

    private static let magicLength = 24
    private static let headerLength = 9
    private static let settingsType: UInt8 = 4
    private static let acknowledgement: [UInt8] = [0, 0, 0, settingsType, 1, 0, 0, 0, 0]
    /// The longest frame before other settings (RFC 9113, 6.5.2).
    private static let longestFrame = 1 << 14

    private var state = State.preface
    private var waiting = ByteBuffer()
    /// Acknowledgements that the client owes.
    private var owed: Int

    /// - Parameter announced: how many frames of settings the client is sent.
    init(announced: Int) {
        owed = announced
    }

    /// What the client is told, besides the HTTP/2 handler's own settings.
    static func frame(_ limits: ConnectionLimits) -> HTTP2Frame {
        HTTP2Frame(
            streamID: .rootStream,
            payload: .settings(.settings([HTTP2Setting(parameter: .maxHeaderListSize, value: limits.readHeadSize)])))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .done = state { return context.fireChannelRead(data) }
        waiting.writeImmutableBuffer(unwrapInboundIn(data))
        var passed = ByteBuffer()
        while take(into: &passed) {}
        if case .done = state { passed.writeBuffer(&waiting) }
        waiting.discardReadBytes()
        if passed.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(passed)) }
        if case .done = state { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    /// Moves what can be told now; false when more bytes are needed, or none more are looked at.
    private func take(into passed: inout ByteBuffer) -> Bool {
        switch state {
        case .done: return false
        case .preface: return takePreface(into: &passed)
        case .frames(rest: 0):
            guard let length = frameLength(at: 0) else { return false }
            guard let header = waiting.readBytes(length: Self.headerLength) else { return false }
            if header == Self.acknowledgement, owed > 0 {
                owed -= 1
                if owed == 0 { state = .done }
            } else {
                passed.writeBytes(header)
                state = .frames(rest: length)
            }
            return true
        case .frames(let rest):
            guard waiting.readableBytes > 0, var piece = waiting.readSlice(length: min(rest, waiting.readableBytes))
            else { return false }
            state = .frames(rest: rest - piece.readableBytes)
            passed.writeBuffer(&piece)
            return true
        }
    }

    /// The magic, the client's settings, and behind them what it is going to acknowledge.
    private func takePreface(into passed: inout ByteBuffer) -> Bool {
        guard let length = frameLength(at: Self.magicLength) else { return false }
        let type = waiting.getInteger(at: waiting.readerIndex + Self.magicLength + 3, as: UInt8.self)
        guard length <= Self.longestFrame, type == Self.settingsType else {
            // No HTTP/2: the handler behind knows what to say.
            state = .done
            return false
        }
        guard var preface = waiting.readSlice(length: Self.magicLength + Self.headerLength + length) else {
            return false
        }
        passed.writeBuffer(&preface)
        for _ in 0..<owed { passed.writeBytes(Self.acknowledgement) }
        state = owed == 0 ? .done : .frames(rest: 0)
        return true
    }

    /// The length that a frame's header says, some bytes from here; nil when it has not come.
    private func frameLength(at offset: Int) -> Int? {
        guard waiting.readableBytes >= offset + Self.headerLength,
            let word = waiting.getInteger(at: waiting.readerIndex + offset, as: UInt32.self)
        else { return nil }
        return Int(word >> 8)
    }
}
