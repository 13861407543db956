import CFFmpeg
import EncoderProtocol
import TrackOutput

/// The pictures of one part: from packets through the decoder and the filters to the renditions. Owned by one thread.
final class PictureFeed {
    let decoder: Decoder
    private let source: SourcePicture
    private let filters: PictureFilters
    private let threads: Int
    private let handle: (Int, UnsafeMutablePointer<AVFrame>) throws -> Void
    private var clock: StreamClock
    private var graph: FilterGraph?
    /// Size and form of the first frame.
    private var form: [Int32] = []
    private let frameDuration: Int64
    /// In the stream's time base: pictures that are on show earlier may lack what they were made from.
    var earliest: Int64?
    /// What the first picture must be like (`PictureForm`), and all after it; nil for any.
    var expected: String?
    /// Where the last picture of the part ends, in seconds.
    private(set) var decodedUntil = 0.0
    /// A picture behind the part's end was seen.
    private(set) var isComplete = false

    init(
        _ decoder: Decoder, _ source: SourcePicture, _ filters: PictureFilters, clock: StreamClock, threads: Int,
        handle: @escaping (Int, UnsafeMutablePointer<AVFrame>) throws -> Void
    ) {
        self.decoder = decoder
        self.source = source
        self.filters = filters
        self.clock = clock
        self.threads = threads
        self.handle = handle
        frameDuration = StreamClock.units(1 / source.frameRate.value, clock.timeBase) ?? 1
    }

    var jumps: Int { clock.jumps }
    var hasPictures: Bool { graph != nil }

    /// Decodes a packet, or what is left when it is nil.
    func take(_ packet: UnsafeMutablePointer<AVPacket>?) throws { try decoder.decode(packet, take) }

    private func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let stamp = frame.pointee.best_effort_timestamp
        if let earliest, stamp != keyway_no_timestamp, stamp < earliest { return }
        let time = clock.time(of: stamp, duration: frameDuration)
        if let end = clock.end, time >= end {
            isComplete = true
            return
        }
        frame.pointee.pts = time
        // What lies wholly before the beginning only cost its decoding.
        guard time.addingOrZero(max(frame.pointee.pkt_duration, frameDuration)) > 0 else { return }
        decodedUntil = max(decodedUntil, end(of: frame, at: time))
        try refuseChanges(frame)
        if graph == nil { try InputPart.refuseLateBeginning(clock.seconds(time), "video") }
        let graph = try self.graph ?? begin(frame)
        try graph.push(frame, handle)
    }

    /// Until when a picture is on show, in seconds: the last one of a slide show stands for as long as its packet says, but
    /// not beyond what the input declares.
    private func end(of frame: UnsafeMutablePointer<AVFrame>, at time: Int64) -> Double {
        let usual = clock.seconds(time.addingOrZero(frameDuration))
        let stated = clock.seconds(time.addingOrZero(max(frame.pointee.pkt_duration, 0)))
        return max(usual, min(stated, clock.declared))
    }

    private func begin(_ frame: UnsafeMutablePointer<AVFrame>) throws -> FilterGraph {
        let made = try filters.graph(frame, source, timeBase: clock.timeBase, threads: threads)
        graph = made
        if let overlay = filters.overlay {
            try made.push(overlay.picture.frame(), to: 1, handle)
            try made.finish(1, at: keyway_no_timestamp, handle)
        }
        return made
    }

    private func refuseChanges(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let found = [frame.pointee.width, frame.pointee.height, frame.pointee.format]
        if form.isEmpty {
            form = found
            guard expected == nil || expected == PictureForm.text(frame) else {
                throw EncodingFailure(.notTaken, "its pictures are of another form than the first")
            }
        }
        guard found == form || (expected == nil && filters.takesChanges(source)) else {
            throw EncodingFailure(.notTaken, "its pictures change their size or form in the middle")
        }
    }

    /// Hands on what is left.
    ///
    /// - Parameter end: of the part, in seconds; the last picture stays until then. Nil: where the last one ends.
    func finish(at end: Double?) throws {
        let time = StreamClock.units(end ?? decodedUntil, clock.timeBase) ?? keyway_no_timestamp
        try graph?.finish(at: time, handle)
    }
}
