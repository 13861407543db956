import CFFmpeg
public import EncoderProtocol
import Glibc
import SubtitleFiles
public import TrackOutput

/// One run: opens the inputs, decodes each part once, and feeds every rendition. Owned by one thread.
public final class EncodingSession {
    private let order: EncodingOrder
    private let inputs: [EncodingInput]
    private let output: FrameOutput
    private let threads: Int
    private let parts: [InputPart]
    /// The first with sound, which says what tracks of it there are; before it there is silence.
    private let soundPart: InputPart
    private let frameRate: Rational
    private let planned: [PlannedVideo]
    private let videos: [VideoRendition]
    private let sounds: [SoundTrack]
    private let stills: StillPictures?
    private let overlay: OverlayPicture?
    private let stretch: FilmStretch
    private let bitrateFactor: Double
    private var progress: ProgressReport

    /// - Parameters:
    ///   - inputs: as many as the order names.
    ///   - threads: of each codec; 0 for as many as there are processors.
    public init(_ order: EncodingOrder, inputs: [EncodingInput], threads: Int, output: FrameOutput) throws {
        keyway_bound_log()
        guard order.inputCount <= inputs.count, !order.parts.isEmpty else {
            throw EncodingFailure(.internalError, "the order names inputs that are not there")
        }
        self.order = order
        self.inputs = inputs
        self.output = output
        self.threads = threads
        let preset = order.preset
        parts = try Self.parts(order, inputs, threads)
        // Of shares only one says what is said of the whole.
        let isTalkative = order.share == nil || order.share == .whole || order.share == .plan
        for warning in isTalkative ? parts.flatMap(\.warnings) : [] { try output.send(.warning(message: warning)) }
        let first = parts[0]
        if preset.video != nil, first.source == nil, parts.contains(where: { $0.source != nil }) {
            throw EncodingFailure(.notTaken, "\(first.file.name): it has no video, and what is joined to it has")
        }
        soundPart = parts.first { !$0.sounds.isEmpty } ?? first
        let rate = first.source?.frameRate.capped(at: preset.video?.maximumFrameRate ?? 60)
        frameRate = rate ?? Rational(25, 1)
        try output.send(.probed(Self.facts(first, frameRate)))
        overlay = try order.overlay.map { try OverlayPicture(inputs[$0.input]) }
        let duration = parts.reduce(0) { $0 + $1.declaredDuration }
        stretch = try FilmStretch(order.share, pieceSize: Self.pieceSize(order, duration, frameRate))
        progress = ProgressReport(stretch, duration: duration, frameRate: frameRate)
        let isStored = order.share?.storedIndex != nil
        if let recipe = preset.video, let source = first.source, !isStored {
            bitrateFactor = try order.known?.bitrateFactor ?? Self.factor(recipe, first, frameRate, threads)
            let plan = try RenditionPlan(recipe, source: source, frameRate: frameRate, bitrateFactor: bitrateFactor)
            for warning in isTalkative ? plan.warnings : [] { try output.send(.warning(message: warning)) }
            planned = plan.videos
            videos =
                order.share?.isWithoutVideo == true
                ? [] : try Self.renditions(plan.videos, recipe, source, frameRate, threads, order, stretch, output)
        } else {
            bitrateFactor = 1
            planned = []
            videos = []
        }
        let isWhole = order.parts.count == 1 && order.parts[0].start == nil && order.parts[0].end == nil
        sounds = Array(
            try SoundTrack.planned(preset.audio, soundPart.sounds, wholeInput: isWhole) {
                if isTalkative { try output.send(.warning(message: $0)) }
            }.prefix(EncoderFrame.maximumTracks - planned.count - Self.stillCount(preset)))
        guard !planned.isEmpty || !sounds.isEmpty || isStored else {
            throw EncodingFailure(.noVideo, "nothing of it is what the preset '\(preset.name)' makes")
        }
        stills =
            (order.share ?? .whole).makesStills
            ? try StillPictures(
                preset, first.source, frameRate, duration: progress.duration,
                firstNumber: planned.count + sounds.count, output
            ) { try output.send(.warning(message: $0)) } : nil
        try announce()
        guard order.share?.plansSoundOnly != true else { return }
        let boundaries = SoundBoundaries(
            groupSize: VideoCoding.groupSize(frameRate, preset.video?.keyFrameInterval ?? 2), frameRate: frameRate)
        for (number, sound) in sounds.enumerated() {
            try sound.begin(boundaries, number: planned.count + number, output: output)
        }
    }

    private func announce() throws {
        let tracks =
            planned.map {
                PlannedRendition(name: $0.name, bitrate: $0.bitrate, width: $0.width, height: $0.height)
            } + sounds.map { PlannedRendition(name: $0.sound.name, bitrate: $0.sound.bitrate) }
        try output.send(.planned(tracks: tracks))
    }

    /// Encodes everything.
    public func run() throws {
        switch order.share {
        case nil, .whole: try runWhole()
        case .plan:
            let film = try Self.divided(
                parts, pieceSize: stretch.pieceSize, videoCount: planned.count,
                hasOthers: !sounds.isEmpty || !order.texts.isEmpty || parts.contains { !$0.texts.isEmpty },
                bitrateFactor: bitrateFactor, frameRate: frameRate, threads: threads)
            try output.send(.divided(film))
        case .pictures: try runPictures()
        case .stills: try runStills()
        case .sound(let pictures):
            if !sounds.isEmpty || parts.contains(where: { !$0.texts.isEmpty }) {
                try runSound(end: Double(pictures) / frameRate.value)
            }
            // Numbers of still pictures, of which there may be fewer, are left to who makes them.
            try sendTexts(
                first: planned.count + sounds.count + Self.stillCount(order.preset),
                end: Double(pictures) / frameRate.value)
        }
        try output.send(.finished)
    }

    private func runWhole() throws {
        var before = 0.0
        for (number, part) in parts.enumerated() {
            try Self.naming(part.file, alone: parts.count == 1) {
                try run(part, isLast: number == parts.count - 1, before)
            }
            before += part.declaredDuration
        }
        for video in videos { try video.finish() }
        for sound in sounds { try sound.finish() }
        let frames = videos.first?.pictureCount ?? 0
        let stillCount = try stills?.finish(frameCount: frames) { try output.send(.warning(message: $0)) } ?? 0
        try sendTexts(
            first: planned.count + sounds.count + stillCount,
            end: videos.first.map { Double($0.pictureCount) / frameRate.value }
                ?? sounds.compactMap { $0.rendition.map { Double($0.takenCount) / 48_000 } }.max() ?? progress.duration)
    }

    /// - Parameter before: how much of the film lies before the part, in seconds.
    private func run(_ part: InputPart, isLast: Bool, _ before: Double) throws {
        // What something follows is cut to its declared length, so that pictures and sound go on together.
        let length = part.end.map { $0 - part.start } ?? (isLast ? nil : part.declaredDuration)
        let pictures = try pictureFeed(part, length: length)
        let feeds = try soundFeeds(part, length: length, before)
        try part.run(pictures, feeds, before: before) { seconds in
            if let event = progress.event(at: before + seconds) { try output.send(event) }
        }
        for warning in try part.refuseDamage(pictures, feeds) { try output.send(.warning(message: warning)) }
        try pictures?.finish(at: length.map { min($0, max(part.declaredDuration, pictures?.decodedUntil ?? 0)) })
        for feed in feeds { try feed.finish() }
        let isSilent = try isSilent(part)
        guard length != nil || isSilent else { return }
        let end =
            videos.first.map { Double($0.pictureCount) / frameRate.value }
            ?? (before + (length == nil ? 0 : part.declaredDuration))
        for sound in sounds where length != nil || sound.rendition?.takenCount == 0 {
            try sound.rendition?.fill(to: Self.samples(end))
        }
    }

    /// Whether a clip begins where its sound has ended: then it is silent, and says so.
    private func isSilent(_ part: InputPart) throws -> Bool {
        let silent = sounds.filter { $0.rendition?.takenCount == 0 }
        guard part.start > 0, !silent.isEmpty else { return false }
        for sound in silent {
            try output.send(
                .warning(
                    message:
                        "\(sound.sound.name): there is no sound behind second \(InputPart.seconds(part.start)): silence"
                ))
        }
        return true
    }

    private static func samples(_ seconds: Double) -> Int64 {
        Int64(exactly: (seconds * Double(AudioRendition.sampleRate)).rounded()) ?? 0
    }

    private func runPictures() throws {
        let part = parts[0]
        let length = part.end.map { $0 - part.start }
        guard let pictures = try pictureFeed(part, length: length), let video = part.input.video else {
            throw EncodingFailure(.noVideo, "it has no video")
        }
        part.input.keepOnly(video)
        pictures.expected = order.known?.form
        if stretch.first > 0 {
            pictures.earliest = try part.enter(before: Double(stretch.first) / frameRate.value)
        }
        let isEnough = { [videos] in videos.allSatisfy(\.isComplete) }
        try part.run(pictures, [], before: 0, isEntered: stretch.first > 0, isEnough: isEnough) { seconds in
            if let event = progress.event(at: seconds) { try output.send(event) }
        }
        // What has to be left out or patched is for who sees the whole of it.
        guard pictures.decoder.errorCount == 0, pictures.jumps == 0 else {
            throw EncodingFailure(.damaged, "packets cannot be decoded, or times jump")
        }
        if stretch.end == nil {
            _ = try part.refuseDamage(pictures, [])
            try pictures.finish(at: length.map { min($0, max(part.declaredDuration, pictures.decodedUntil)) })
        } else if !isEnough() {
            throw EncodingFailure(.truncated, "it ends before it should")
        }
        for video in videos { try video.finish() }
        try output.send(.encoded(pictures: videos.first?.pictureCount ?? 0))
    }

    /// - Parameter end: of the pictures, in seconds.
    private func runSound(end: Double) throws {
        let part = parts[0]
        let length = part.end.map { $0 - part.start }
        // Where reading begins is the pictures' key frame, as for the whole.
        if part.start > 0 { part.input.seek(to: part.containerStart) }
        if let video = part.input.video { part.input.leaveOut(video) }
        let feeds = try soundFeeds(part, length: length, 0)
        try part.run(nil, feeds, before: 0, isEntered: true) { seconds in
            if let event = progress.event(at: seconds) { try output.send(event) }
        }
        for warning in try part.refuseBadSound(feeds) { try output.send(.warning(message: warning)) }
        for feed in feeds { try feed.finish() }
        let isSilent = try isSilent(part)
        for sound in sounds {
            if length != nil || (isSilent && sound.rendition?.takenCount == 0) {
                try sound.rendition?.fill(to: Self.samples(end))
            }
            try sound.finish()
        }
    }

    /// Decodes everything and keeps what becomes a still picture; the last filter's output counts the film's pictures.
    private func runStills() throws {
        let part = parts[0]
        // Why there are none was said.
        guard let stills else { return }
        let length = part.end.map { $0 - part.start }
        guard let pictures = try pictureFeed(part, length: length), let video = part.input.video else {
            throw EncodingFailure(.noVideo, "it has no video")
        }
        part.input.keepOnly(video)
        pictures.expected = order.known?.form
        try part.run(pictures, [], before: 0) { seconds in
            if let event = progress.event(at: seconds) { try output.send(event) }
        }
        // Beside pieces, what has to be left out or patched is for who makes the whole.
        guard order.known == nil || (pictures.decoder.errorCount == 0 && pictures.jumps == 0) else {
            throw EncodingFailure(.damaged, "packets cannot be decoded, or times jump")
        }
        for warning in try part.refuseDamage(pictures, []) { try output.send(.warning(message: warning)) }
        try pictures.finish(at: length.map { min($0, max(part.declaredDuration, pictures.decodedUntil)) })
        _ = try stills.finish(frameCount: stills.countedPictures) { try output.send(.warning(message: $0)) }
    }

    private func pictureFeed(_ part: InputPart, length: Double?) throws -> PictureFeed? {
        let isForStills = videos.isEmpty && stills != nil
        guard !videos.isEmpty || isForStills, let recipe = order.preset.video else { return nil }
        guard let stream = part.input.video, let source = part.source, let decoder = part.videoDecoder else {
            throw EncodingFailure(.noVideo, "it has no video, and the first part has")
        }
        let outputs = (isForStills ? [] : planned).map { video in
            PictureOutput(
                width: video.width, height: video.height, isTenBit: Self.isTenBit(video, parts[0].source, recipe),
                isStandardRange: video.codec == .h264 || recipe.dynamicRange == .standard
                    || parts[0].source?.isHighDynamicRange == false)
        }
        var filters = PictureFilters(frameRate: frameRate, outputs: outputs, deinterlacing: recipe.deinterlacing)
        if let overlay, let place = order.overlay { filters.overlay = (overlay, place.corner, place.width) }
        filters.pads = part !== parts[0]
        filters.stills = stills?.outputs ?? []
        filters.countsPictures = isForStills
        filters.framesBefore = videos.first?.pictureCount ?? 0
        filters.firstPicture = stretch.first
        return PictureFeed(
            decoder, source, filters, clock: try part.clock(stream, length: length), threads: threads
        ) { [videos, stills] number, frame in
            if number < videos.count {
                try videos[number].encode(frame)
            } else {
                try stills?.take(number - videos.count, frame)
            }
        }
    }

    static func isTenBit(_ video: PlannedVideo, _ source: SourcePicture?, _ recipe: VideoRecipe) -> Bool {
        guard video.codec != .h264, let source, source.bitDepth > 8 else { return false }
        if video.codec == .hevc, let profile = video.profile { return profile == "main10" }
        return !(source.isHighDynamicRange && recipe.dynamicRange == .standard)
    }

    private func soundFeeds(_ part: InputPart, length: Double?, _ before: Double) throws -> [SoundFeed] {
        var tracks: [Int: [SoundTrack]] = [:]
        for sound in sounds {
            // Other parts give what has the same language, else what stands in the same place.
            let same = part.sounds.indices.filter { part.sounds[$0].language == sound.sound.language }
            let place = part === soundPart || same.contains(sound.place) ? sound.place : same.first ?? sound.place
            if part.sounds.indices.contains(place) { tracks[place, default: []].append(sound) }
        }
        let limit = length.map { Self.samples(before + $0) } ?? Int64.max
        return try tracks.sorted { $0.key < $1.key }.map { place, tracks in
            let source = part.sounds[place]
            var gains: [Int: Double] = [:]
            if let target = order.preset.loudness {
                for count in Set(tracks.compactMap { $0.rendition?.channelCount }) {
                    gains[count] = try Loudness(
                        part.file, stream: source.stream, channelCount: count, start: part.containerStart,
                        length: length
                    ).gain(to: target)
                }
            }
            return SoundFeed(
                source, tracks, clock: try part.clock(source.stream, length: length), gains: gains, limit: limit)
        }
    }

    /// - Parameters:
    ///   - first: the number of the first track of text.
    ///   - end: of the film, in seconds.
    private func sendTexts(first: Int, end: Double) throws {
        var texts = TextTracks(end: UInt64(exactly: (end * 1000).rounded(.up)) ?? 0)
        do throws(SubtitleError) {
            for (text, subtitles) in merged() {
                try texts.add(subtitles, text.language, Self.role(text.role), of: "stream \(text.stream)")
            }
        } catch {
            throw EncodingFailure(TextTracks.code(error.code), error.description)
        }
        for side in order.texts {
            let file = inputs[side.input]
            let start = parts.count == 1 ? parts[0].start : 0
            let subtitles = try SideText.read(file, start: start)
            do throws(SubtitleError) {
                try texts.add(subtitles, side.language, Self.role(side.role), of: file.name)
            } catch {
                throw EncodingFailure(TextTracks.code(error.code), "\(file.name): \(error)")
            }
        }
        let count = min(texts.tracks.count, (EncoderFrame.maximumTracks - first) / 2 * 2)
        if count < texts.tracks.count {
            texts.warn(
                "\(texts.tracks.count - count) text tracks are left out; an asset keeps \(EncoderFrame.maximumTracks)")
        }
        for warning in texts.warnings { try output.send(.warning(message: warning)) }
        for (number, track) in texts.tracks.prefix(count).enumerated() {
            try TextTracks.send(track, number: first + number, output)
        }
    }

    /// The texts of the first part, with what the same streams of later parts add.
    private func merged() -> [(TextStream, Subtitles)] {
        parts[0].texts.enumerated().map { place, text in
            let later = parts.dropFirst().compactMap { part -> TextStream? in
                part.texts.first { $0.language == text.language && $0.role == text.role }
                    ?? (part.texts.indices.contains(place) ? part.texts[place] : nil)
            }
            let cues = later.reduce(text.subtitles.cues) { $0 + $1.subtitles.cues }
            return (text, .webVTT(header: "WEBVTT", cues: cues))
        }
    }
}
