import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPSurface

/// What the HTTP/2 handler sees of a connection whose settings are in force from its first byte.
@Suite struct HTTP2SettingsTests {
    private static let magic = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    private static func frame(_ type: UInt8, flags: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, 1] + payload
    }

    /// What comes through, when the bytes come in pieces.
    private func through(_ bytes: [UInt8], pieces: Int) throws -> (bytes: [UInt8], hasLeft: Bool) {
        let channel = EmbeddedChannel()
        let handler = HTTP2SettingsHandler(announced: 2)
        try channel.pipeline.syncOperations.addHandler(handler)
        var passed: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try channel.writeInbound(ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.count)]))
            while let buffer = try channel.readInbound(as: ByteBuffer.self) { passed += buffer.readableBytesView }
        }
        let hasLeft = (try? channel.pipeline.syncOperations.context(handler: handler)) == nil
        _ = try? channel.finish()
        return (passed, hasLeft)
    }

    @Test(arguments: [1, 7, 33, 100_000]) func settingsCountAsAcknowledged(pieces: Int) throws {
        let settings = Self.frame(4, [0, 3, 0, 0, 0, 100])
        let headers = Self.frame(1, flags: 4, [UInt8](repeating: 7, count: 12_000))
        let data = Self.frame(0, [4, 1, 0, 0, 0, 0, 0, 0, 0])
        let ack = Self.acknowledgement
        let sent = Self.magic + settings + headers + ack + data + settings + ack + headers + ack + data
        // The client's own third would be one too many: that is for the HTTP/2 handler to say.
        let expected = Self.magic + settings + ack + ack + headers + data + settings + headers + ack + data
        let heard = try through(sent, pieces: pieces)
        #expect(heard.bytes == expected)
        #expect(heard.hasLeft)
    }

    @Test func whoNeverAcknowledgesIsReadOn() throws {
        let start = Self.magic + Self.frame(4, [])
        let data = Self.frame(0, [UInt8](repeating: 0, count: 16_000))
        let heard = try through(start + data + data, pieces: 4096)
        #expect(heard.bytes == start + Self.acknowledgement + Self.acknowledgement + data + data)
        #expect(!heard.hasLeft)
    }

    /// Another protocol, other frames first, settings that are longer than a frame may be: all of it goes on.
    @Test(arguments: [
        Array("GET / HTTP/1.1\r\nHost: x\r\nAccept: text/plain, text/html\r\n\r\n".utf8),
        HTTP2SettingsTests.magic + HTTP2SettingsTests.frame(1, [1, 2, 3]),
        HTTP2SettingsTests.magic + [0, 0x40, 1, 4, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 0x4001),
    ])
    func whatIsNoPrefaceGoesOnUnchanged(bytes: [UInt8]) throws {
        for pieces in [1, 50, 100_000] {
            let heard = try through(bytes, pieces: pieces)
            #expect(heard.bytes == bytes)
            #expect(heard.hasLeft)
        }
    }

    /// Bytes of anybody: no trap, and none is lost.
    @Test func anythingIsPassedOn() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let count = Int.random(in: 0...400, using: &generator)
            let noise = (0..<count).map { _ in UInt8.random(in: 0...12, using: &generator) }
            let start = Self.magic + Self.frame(4, [])
            let heard = try through(start + noise, pieces: Int.random(in: 1...64, using: &generator))
            #expect(heard.bytes.count <= start.count + noise.count + 2 * Self.acknowledgement.count)
            // An acknowledgement is taken out of it, or the start of a frame is waited for.
            #expect(heard.bytes.starts(with: Self.magic))
            #expect(heard.bytes.count >= start.count + noise.count - 2 * Self.acknowledgement.count)
        }
    }
}
