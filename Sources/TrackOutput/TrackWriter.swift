import EncoderProtocol
import Foundation
public import ISOBaseMedia
public import MediaModel

/// Writes one track as CMAF: the init segment, then one fragment for each group of pictures, and at the end its index.
/// Owned by one thread; holds one fragment.
public final class TrackWriter {
    private struct Pending {
        var bytes: [UInt8]
        var sample: FragmentSample
        var subsamples: [SubsampleEntry]
    }

    private let output: FrameOutput
    private let number: Int
    private var description: TrackDescription
    private var builder = TrackIndexBuilder()
    private var pending: [Pending] = []
    private var decodeTime: UInt64 = 0
    private var offset: UInt64 = 0
    private var fragmentCount: UInt32 = 0

    /// Sends the init segment.
    ///
    /// - Parameter number: of the track, from 0.
    /// - Throws: `EncodingFailure` when the parent is gone.
    public init(_ description: TrackDescription, number: Int, output: FrameOutput) throws {
        self.description = description
        self.number = number
        self.output = output
        try send(InitializationSegment(track: description).serialized())
    }

    /// Goes on with a track that has so many fragments already: its init segment was sent by who began it, and offsets in
    /// the index count from what this writer sends.
    ///
    /// - Parameter time: of the next sample, in the track's timescale.
    public init(
        continuing description: TrackDescription, number: Int, fragments: UInt32, at time: UInt64, output: FrameOutput
    ) {
        self.description = description
        self.number = number
        self.output = output
        fragmentCount = fragments
        decodeTime = time
    }

    /// Whether nothing was written.
    public var isEmpty: Bool { fragmentCount == 0 && pending.isEmpty }

    /// Adds the next sample in decode order.
    public func add(_ bytes: [UInt8], _ sample: FragmentSample, subsamples: [SubsampleEntry]) {
        pending.append(Pending(bytes: bytes, sample: sample, subsamples: subsamples))
    }

    /// Sets the decode time of the next fragment, in the track's timescale, where it does not follow the last one; between
    /// fragments only.
    public func begin(at time: UInt64) {
        decodeTime = max(decodeTime, time)
    }

    /// Ends the fragment: the next sample starts another one.
    public func cut() throws {
        guard !pending.isEmpty else { return }
        fragmentCount += 1
        let fragment = try MovieFragment(
            MovieFragment.Header(sequenceNumber: fragmentCount, decodeTime: decodeTime), samples: pending.map(\.sample))
        let header = fragment.header()
        try send(header)
        var samples: [TrackIndexBuilder.NewSample] = []
        for entry in pending {
            samples.append(
                TrackIndexBuilder.NewSample(
                    offset: offset, size: entry.sample.size, duration: entry.sample.duration,
                    compositionOffset: entry.sample.compositionOffset, isSync: entry.sample.isSync,
                    subsamples: entry.subsamples))
            try send(entry.bytes)
        }
        builder.addSegment(decodeTime: decodeTime, samples: samples)
        decodeTime += pending.reduce(0) { $0 + UInt64($1.sample.duration) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Ends the track: its last fragment and its index.
    public func finish() throws {
        try cut()
        let bitrates = builder.bitrates(timescale: description.timescale)
        description.averageBitrate = bitrates.average
        description.peakBitrate = bitrates.peak
        let index = try builder.encode(description: description, mediaSize: offset)
        try output.send(.index, track: number, Array(index))
        try output.send(.trackEnd, track: number, [])
    }

    private func send(_ bytes: [UInt8]) throws {
        try output.send(.media, track: number, bytes)
        offset += UInt64(bytes.count)
    }
}
