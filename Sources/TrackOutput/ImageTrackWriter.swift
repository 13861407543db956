import EncoderProtocol
import Foundation
public import MediaModel

/// Writes a track of still pictures: JPEG files one behind the other, and at the end their index. Owned by one thread.
public final class ImageTrackWriter {
    private let output: FrameOutput
    private let number: Int
    private var description: TrackDescription
    private var builder = TrackIndexBuilder()
    private var offset: UInt64 = 0

    /// - Parameter number: of the track, from 0.
    public init(_ description: TrackDescription, number: Int, output: FrameOutput) {
        self.description = description
        self.number = number
        self.output = output
    }

    /// Adds the next file.
    ///
    /// - Parameters:
    ///   - time: in the track's timescale.
    ///   - duration: what of the film it stands for, likewise.
    /// - Throws: `EncodingFailure` when the parent is gone.
    public func add(_ file: [UInt8], at time: UInt64, duration: UInt32) throws {
        try output.send(.media, track: number, file)
        builder.addSegment(
            decodeTime: time,
            samples: [
                TrackIndexBuilder.NewSample(
                    offset: offset, size: UInt32(clamping: file.count), duration: duration, compositionOffset: 0,
                    isSync: true, subsamples: [])
            ])
        offset += UInt64(file.count)
    }

    /// Ends the track with its index.
    public func finish() throws {
        let bitrates = builder.bitrates(timescale: description.timescale)
        description.averageBitrate = bitrates.average
        description.peakBitrate = bitrates.peak
        try output.send(.index, track: number, Array(try builder.encode(description: description, mediaSize: offset)))
        try output.send(.trackEnd, track: number, [])
    }
}
