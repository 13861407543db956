import EncoderProtocol
import Encoding
import ISOBaseMedia
import MediaModel
import MovieFiles
import SubtitleFiles
import TrackOutput

/// One run: MP4 files, and files of subtitles, become the tracks of one asset as they are. Nothing is decoded. Owned by one
/// thread.
struct UploadSession {
    /// Files, and which of their tracks are meant.
    let files: [(OpenFile, [UploadedTrack]?)]
    let cut: CutRule
    let output: FrameOutput

    func run() throws {
        do {
            var notes: [String] = []
            var movies = try movies(&notes)
            guard movies.contains(where: { !$0.file.tracks.isEmpty }) else {
                throw EncodingFailure(.notTaken, "subtitles alone make no asset: a film must be among the files")
            }
            let start = try FilmStart(of: movies.map(\.file), at: FilmStart.KeyFrame(cut))
            if let warning = start.warning { notes.append(warning) }
            for index in movies.indices { movies[index].file = try start.applied(to: movies[index].file) }
            let plan = try UploadPlan(movies.map(\.file))
            var texts = TextUpload(end: plan.tracks.map(\.end).max() ?? 0, moved: start.milliseconds, notes)
            for (file, tracks) in files { try texts.add(file, listed: tracks?.first) }
            for (file, isListed) in movies {
                for text in file.texts { try texts.add(text, isListed: isListed) }
            }
            try announce(plan, texts)
            var progress = UploadProgress(total: plan.tracks.reduce(0) { $0 + $1.byteCount })
            for (number, track) in plan.tracks.enumerated() {
                try send(track, number: number, &progress)
            }
            for (offset, track) in texts.tracks.enumerated() {
                try TextTracks.send(track, number: plan.tracks.count + offset, output)
            }
            try output.send(.finished)
        } catch var error as MovieError {
            // The caller names a file that is alone.
            if files.count == 1 { error.file = nil }
            throw EncodingFailure(Self.code(error.code), error.description)
        }
    }

    /// The files that are no subtitles, and whether a list names them.
    ///
    /// - Parameter notes: gets what is said of text that is listed and is in none that is read.
    private func movies(_ notes: inout [String]) throws(MovieError) -> [(file: MovieFile, isListed: Bool)] {
        var movies: [(file: MovieFile, isListed: Bool)] = []
        for (file, tracks) in files where SubtitleName(file.name) == nil {
            let chosen = tracks?.map(ChosenTrack.init)
            do throws(MovieError) {
                movies.append((try MovieFile(reading: file, name: file.name, chosen: chosen), tracks != nil))
            } catch {
                let isForText = chosen?.allSatisfy(\.selection.isText) ?? false
                guard isForText, error.code == .notMovie || error.code == .unsupported else { throw error }
                notes.append(
                    "\(file.name): it is listed as text and is neither WebVTT nor TTML: \(error.reason): left out")
            }
        }
        return movies
    }

    private func announce(_ plan: UploadPlan, _ texts: TextUpload) throws {
        let count = plan.tracks.count + texts.tracks.count
        guard count <= EncoderFrame.maximumTracks else {
            throw EncodingFailure(
                .limitExceeded,
                "\(count) tracks; an asset has at most \(EncoderFrame.maximumTracks), and subtitles have two each")
        }
        for warning in plan.warnings + texts.warnings { try output.send(.warning(message: warning)) }
        try output.send(
            .planned(
                tracks: (plan.tracks.map(\.description) + texts.tracks.map(\.description)).map { description in
                    PlannedRendition(
                        name: description.name, bitrate: description.averageBitrate,
                        width: description.video?.width, height: description.video?.height)
                }))
    }

    private func send(_ track: UploadTrack, number: Int, _ progress: inout UploadProgress) throws {
        let writer = try TrackWriter(track.description, number: number, output: output)
        var reader = track.segments()
        while let segment = try reader.next() {
            writer.begin(at: segment.decodeTime)
            for sample in segment.samples {
                writer.add(
                    sample.bytes,
                    FragmentSample(
                        size: UInt32(clamping: sample.bytes.count), duration: sample.duration,
                        compositionOffset: sample.compositionOffset, isSync: sample.isSync),
                    subsamples: sample.subsamples)
            }
            try writer.cut()
            let bytes = segment.samples.reduce(0) { $0 + UInt64($1.bytes.count) }
            if let event = progress.event(adding: bytes) { try output.send(event) }
        }
        try writer.finish()
    }

    private static func code(_ code: MovieError.Code) -> EncoderFailureCode {
        switch code {
        case .notMovie: .notMedia
        case .truncated: .truncated
        case .damaged: .damaged
        case .unsupported: .notTaken
        case .unknownCodec: .unsupportedCodec
        case .encrypted: .encrypted
        case .notAligned: .notAligned
        case .limitExceeded: .limitExceeded
        case .unreadable: .inputMissing
        }
    }
}

extension FilmStart.KeyFrame {
    fileprivate init?(_ rule: CutRule) {
        switch rule {
        case .refuse: return nil
        case .earlier: self = .earlier
        case .later: self = .later
        }
    }
}

/// Says at most twice a second how far the work is.
private struct UploadProgress {
    let total: UInt64
    private var done: UInt64 = 0
    private var last: ContinuousClock.Instant?

    init(total: UInt64) {
        self.total = total
    }

    mutating func event(adding bytes: UInt64) -> EncoderEvent? {
        done += bytes
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(500) { return nil }
        last = now
        return .progress(fraction: min(Double(done) / Double(max(total, 1)), 1), seconds: 0, speed: 0)
    }
}
