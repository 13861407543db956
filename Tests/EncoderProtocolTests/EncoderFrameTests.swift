import EncoderProtocol
import Foundation
import Testing

@Suite struct EncoderFrameTests {
    private func bytes(_ frame: EncoderFrame) -> [UInt8] {
        EncoderFrame.header(frame.kind, track: frame.track, payloadSize: frame.payload.count) + frame.payload
    }

    @Test(arguments: [1, 2, 3, 7, 8, 9, 1000])
    func readsFramesHoweverTheyArrive(step: Int) throws {
        let frames = [
            EncoderFrame(.event, payload: Array("{}".utf8)), EncoderFrame(.media, track: 3, payload: Array(0..<100)),
            EncoderFrame(.media, track: 31), EncoderFrame(.index, track: 1, payload: [9]),
            EncoderFrame(.trackEnd, track: 1),
        ]
        let stream = frames.flatMap(bytes)
        var reader = EncoderFrameReader()
        var read: [EncoderFrame] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            reader.append(stream[start..<min(start + step, stream.count)])
            while let frame = try reader.next() { read.append(frame) }
        }
        #expect(read == frames)
        #expect(reader.pendingCount == 0)
    }

    @Test(
        arguments: [
            [0, 0, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0], [2, 32, 0, 0, 0, 0, 0, 0], [2, 0, 1, 0, 0, 0, 0, 0],
            [2, 0, 0, 0, 1, 0, 16, 0], [2, 0, 0, 0, 255, 255, 255, 255], Array("HTTP/1.1".utf8),
        ] as [[UInt8]])
    func whatIsNoFrameIsRefused(header: [UInt8]) {
        var reader = EncoderFrameReader()
        reader.append(header)
        #expect(throws: EncoderFrameError.self) { _ = try reader.next() }
    }

    @Test func limitsTravelAsArguments() throws {
        let limits = EncoderLimits(memory: 1, processorTime: 2, threads: 3, standstill: 4)
        #expect(EncoderLimits(arguments: limits.arguments) == limits)
        #expect(
            EncoderLimits(arguments: ["--memory", "0", "--processor-time", "1", "--threads", "1", "--standstill", "1"])
                == nil)
        #expect(EncoderLimits(arguments: ["--memory", "x"]) == nil)
    }

    @Test func eventsTravelAsJSON() throws {
        let events: [EncoderEvent] = [
            .progress(fraction: 0.5, seconds: 1, speed: 2), .finished, .failed(code: .truncated, message: "cut"),
            .planned(tracks: [PlannedRendition(name: "audio-und-128k", bitrate: 128_000)]),
        ]
        for event in events {
            #expect(try JSONDecoder().decode(EncoderEvent.self, from: JSONEncoder().encode(event)) == event)
        }
    }
}
