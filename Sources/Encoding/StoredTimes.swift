import CFFmpeg
import EncoderProtocol
import Foundation
import MediaModel
import TrackOutput

/// When the samples of a stored track are decoded and on show, as its index says. FFmpeg's demuxer moves all times of a
/// fragmented file by the largest negative composition offset that it has met so far, so that its times of one and the same
/// film are not those that players see. Owned by one thread.
final class StoredTimes {
    private let index: TrackIndex
    private var segment = 0
    /// Within the segment.
    private var sample = 0
    /// Of the next sample, in the track's timescale.
    private var decodeTime: UInt64 = 0

    /// Reads an index.
    init(_ file: EncodingInput) throws {
        var data = Data(count: Int(clamping: min(file.size, Int64(TrackIndex.maximumSize))))
        let size = data.count
        let read = data.withUnsafeMutableBytes { bytes in
            var filled = 0
            while filled < size {
                let count = file.read(into: bytes.baseAddress?.advanced(by: filled), count: size - filled, at: filled)
                guard count > 0 else { break }
                filled += count
            }
            return filled
        }
        guard read == size else { throw EncodingFailure(.truncated, "the index of the stored track ends early") }
        do {
            index = try TrackIndex(validating: data)
        } catch {
            throw EncodingFailure(.damaged, "the index of the stored track: \(error)")
        }
    }

    /// Of the track, in seconds.
    var duration: Double { Double(index.duration) / Double(max(index.description.timescale, 1)) }

    /// Gives a packet the times of its sample. Packets come in the order of the file.
    func stamp(_ packet: UnsafeMutablePointer<AVPacket>, base: AVRational) throws {
        while segment < index.segmentCount {
            let entry = index.segment(segment)
            if sample == 0 { decodeTime = entry.decodeTime }
            guard sample < entry.sampleCount else {
                segment += 1
                sample = 0
                continue
            }
            let found = index.sample(entry.firstSample + sample)
            let time = Int64(clamping: decodeTime)
            decodeTime = decodeTime.addingReportingOverflow(UInt64(found.duration)).partialValue
            sample += 1
            // The demuxer passes over what it cannot use.
            guard packet.pointee.pos >= 0, UInt64(packet.pointee.pos) != found.offset else {
                packet.pointee.dts = units(time, base)
                packet.pointee.pts = units(time.addingOrZero(Int64(found.compositionOffset)), base)
                return
            }
        }
        throw EncodingFailure(.damaged, "it has a sample that its index does not know")
    }

    private func units(_ time: Int64, _ base: AVRational) -> Int64 {
        av_rescale_q(time, AVRational(num: 1, den: Int32(clamping: index.description.timescale)), base)
    }
}
