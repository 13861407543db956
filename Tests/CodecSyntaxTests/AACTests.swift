import CodecSyntax
import Foundation
import TestSupport
import Testing

@Suite(.waiting) struct AACTests {
    @Test func lowComplexity() throws {
        let config = try AudioSpecificConfig(parsing: [0x11, 0x90])
        #expect(config.objectType == 2 && config.sampleRate == 48_000 && config.channelCount == 2)
        #expect(config.codecString == "mp4a.40.2")
        #expect(config.encoded == [0x11, 0x90])
        #expect(try AudioSpecificConfig(lowComplexity: 48_000, channelCount: 2) == config)
    }

    @Test(arguments: [(44_100, 1), (48_000, 2), (32_000, 6), (96_000, 8), (8_000, 3)])
    func roundTrip(sampleRate: Int, channelCount: Int) throws {
        let config = try AudioSpecificConfig(lowComplexity: sampleRate, channelCount: channelCount)
        #expect(try AudioSpecificConfig(parsing: try #require(config.encoded)) == config)
    }

    /// SBR said in front of the core's object type (HE-AAC with explicit hierarchical signalling).
    @Test func explicitSpectralBandReplication() throws {
        let config = try AudioSpecificConfig(parsing: [0x2B, 0x11, 0x88, 0x00])
        #expect(config.signalledObjectType == 5 && config.objectType == 2)
        #expect(config.codecString == "mp4a.40.5")
    }

    @Test(
        arguments: [[], [0x11], [0x17, 0x80], [0x11, 0x80], [0x11, 0xC8], [0xF8, 0x20, 0, 0], [0x16, 0x90]] as [[UInt8]]
    )
    func refused(bytes: [UInt8]) {
        #expect(throws: CodecSyntaxError.self) { try AudioSpecificConfig(parsing: bytes) }
    }

    /// A rate of its own in 24 bits, and channels listed in a program_config_element.
    @Test func explicitRateAndChannels() throws {
        let config = try AudioSpecificConfig(parsing: [0x17, 0x80, 0x5D, 0xC0, 0x10])
        #expect(config.sampleRate == 48_000 && config.encoded != nil)
        let listed: [UInt8] = [0x11, 0x80, 0x04, 0xC4, 0x04, 0x00, 0x20, 0x00]
        for length in 0..<4 {
            #expect(throws: CodecSyntaxError.self) { try AudioSpecificConfig(parsing: Array(listed.prefix(length))) }
        }
    }

    @Test func randomConfigurationsDoNotTrap() {
        var random = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(24)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            guard let config = try? AudioSpecificConfig(parsing: bytes) else { continue }
            _ = config.encoded
            _ = try? ADTSHeader(config).bytes(payloadLength: random.below(9000))
        }
    }

    /// ffmpeg reads frames behind our headers, and its own ADTS writer makes the same stream.
    @Test func headersAreFFmpegs() throws {
        let tool = try Tool.run([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=48000", "-ac",
            "2", "-c:a", "aac", "-f", "adts", "-",
        ])
        let stream = [UInt8](tool.standardOutput)
        let header = try ADTSHeader(AudioSpecificConfig(lowComplexity: 48_000, channelCount: 2))
        var position = 0
        var frames = 0
        while position + ADTSHeader.length <= stream.count {
            let length =
                Int(stream[position + 3] & 3) << 11 | Int(stream[position + 4]) << 3 | Int(stream[position + 5] >> 5)
            let made = try header.bytes(payloadLength: length - ADTSHeader.length)
            #expect(made == Array(stream[position..<(position + ADTSHeader.length)]))
            position += length
            frames += 1
        }
        #expect(position == stream.count && frames > 40)
    }

    @Test(arguments: [0, -1, 8185, Int.max])
    func frameLengthsOutOfRange(length: Int) throws {
        let header = try ADTSHeader(AudioSpecificConfig(lowComplexity: 48_000, channelCount: 2))
        #expect(throws: CodecSyntaxError.self) { try header.bytes(payloadLength: length) }
        #expect(try header.bytes(payloadLength: 8184).count == 7)
    }
}
