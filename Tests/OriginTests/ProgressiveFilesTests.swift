import Catalog
import MediaModel
import MediaStorage
import Synchronization
import Testing

@testable import Origin

/// However many read a film as one file, they share its layout; and what nobody reads is kept within bounds.
@Suite struct ProgressiveFilesTests {
    private struct NoMedia: MediaReader {
        var size: UInt64 { 100 }
        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {}
    }

    /// A track of so many samples of one byte, ten to a segment.
    private static func track(_ number: Int, samples: Int = 100) throws -> OpenedTrack {
        let description = TrackDescription(
            name: "audio", kind: .audio,
            codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [0x12, 0x10], codecString: "mp4a.40.2"),
            timescale: 1000, averageBitrate: 1, peakBitrate: 1,
            audio: AudioFormat(sampleRate: 48_000, channelCount: 2))
        var builder = TrackIndexBuilder()
        for first in stride(from: 0, to: samples, by: 10) {
            builder.addSegment(
                decodeTime: UInt64(first),
                samples: (0..<10).map {
                    .init(
                        offset: UInt64(first + $0), size: 1, duration: 1, compositionOffset: 0, isSync: true,
                        subsamples: [])
                })
        }
        let index = try TrackIndex(
            validating: builder.encode(description: description, mediaSize: UInt64(samples)))
        let record = TrackRecord(
            description: description, duration: 1000, segmentCount: 1, mediaFile: "m", indexFile: "i",
            mediaSize: UInt64(samples), mediaNonce: 1,
            indexDigest: (0..<32).map { $0 == 0 ? UInt8(truncatingIfNeeded: number) : 0 },
            tagsDigest: [UInt8](repeating: 1, count: 32))
        return try OpenedTrack(record: record, asset: "film", version: 1, index: index, media: NoMedia())
    }

    /// Counts what is laid out.
    private final class Builder: Sendable {
        private let count = Mutex(0)
        var times: Int { count.withLock { $0 } }

        func files(capacity: Int) -> ProgressiveFiles {
            ProgressiveFiles(capacity: capacity) { tracks in
                self.count.withLock { $0 += 1 }
                return try ProgressiveFile(tracks)
            }
        }
    }

    @Test(arguments: [ProgressiveFiles.usualCapacity, 0]) func manyReadersShareOneLayout(capacity: Int) async throws {
        let builder = Builder()
        let files = builder.files(capacity: capacity)
        let track = try Self.track(1)
        // Whoever asks at once waits for one, and who comes while it is read has the same.
        let bodies = try await withThrowingTaskGroup(of: ProgressiveBody.self) { group in
            for _ in 0..<50 {
                group.addTask { ProgressiveBody(file: try await files.file([track]), media: [track.media]) }
            }
            return try await group.reduce(into: [ProgressiveBody]()) { $0.append($1) }
        }
        let late = try await files.file([track])
        #expect(bodies.count == 50 && bodies.allSatisfy { $0.file === late })
        #expect(builder.times == 1)
        #expect(files.keptCost == (capacity == 0 ? 0 : late.cost))
    }

    /// What is not kept goes with its last reader.
    @Test func whatIsTooLargeIsKeptByItsReadersOnly() async throws {
        let builder = Builder()
        let size = try ProgressiveFile([Self.track(1)]).cost
        let files = builder.files(capacity: size - 1)
        weak var layout: ProgressiveFile?
        do {
            let first = try await files.file([Self.track(1)])
            layout = first
            #expect(try await files.file([Self.track(1)]) === first)
        }
        // Who laid it out is still ending, perhaps.
        let deadline = ContinuousClock.now + .seconds(60)
        while layout != nil, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(layout == nil && files.keptCost == 0)
        _ = try await files.file([Self.track(1)])
        #expect(builder.times == 2)
    }

    /// By bytes, however many there are; the one that is asked for again and again stays.
    @Test func whatIsKeptIsBounded() async throws {
        let builder = Builder()
        let size = try ProgressiveFile([Self.track(1)]).cost
        let files = builder.files(capacity: 10 * size)
        for number in 0..<200 {
            _ = try await files.file([Self.track(number)])
            _ = try await files.file([Self.track(0)])
            #expect(files.keptCost <= 10 * size)
        }
        #expect(builder.times == 200 && files.keptCost == 10 * size)
        // One large one in place of many small ones.
        let large = try await files.file([Self.track(201, samples: 500)])
        #expect(files.keptCost <= 10 * size && large.cost > 2 * size)
    }

    /// A film that does not fit one file is refused each time, and to each who waits.
    @Test func whatCannotBeLaidOutIsNotKept() async throws {
        let files = ProgressiveFiles { _ in throw BoxRefusal() }
        let track = try Self.track(1)
        for _ in 0..<3 { await #expect(throws: BoxRefusal.self) { try await files.file([track]) } }
        #expect(files.keptCost == 0)
    }

    private struct BoxRefusal: Error {}
}
