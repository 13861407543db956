import Markup
public import MediaModel

/// What a client manifest needs besides its tracks.
public struct SmoothOptions: Sendable {
    /// Where the tracks' times lie.
    public var timing: SmoothTiming
    /// Where the fragments of a stream lie, relative to the manifest, without a slash at its end.
    public var folder: String
    /// Whether runs of equal durations are written once (version 2.2), or each fragment by itself (version 2.0).
    public var hasRepeats: Bool
    /// A PlayReady Object in base64; nil for clear fragments.
    public var playReadyObject: String?

    public init(
        timing: SmoothTiming = .none, folder: String, hasRepeats: Bool, playReadyObject: String? = nil
    ) {
        self.timing = timing
        self.folder = folder
        self.hasRepeats = hasRepeats
        self.playReadyObject = playReadyObject
    }
}

extension Presentation {
    /// The client manifest of Smooth Streaming on demand ([MS-SSTR], 2.2.2).
    ///
    /// - Parameter streams: the places of the presentation's tracks.
    /// - Throws: when a track has no place, tracks of one stream have other fragments, or there is no track.
    public func smoothManifest(
        _ streams: SmoothStreams, _ options: SmoothOptions
    ) throws(PresentationError) -> String {
        try check()
        var manifest = XMLElement("SmoothStreamingMedia")
        manifest.set("MajorVersion", 2)
        manifest.set("MinorVersion", options.hasRepeats ? 2 : 0)
        manifest.set("TimeScale", SmoothTime.timescale)
        var span: (start: UInt64, end: UInt64)?
        var elements: [XMLElement] = []
        for stream in try smoothStreams(streams) {
            let (element, times) = try stream.element(options)
            elements.append(element)
            guard stream.levels.first?.track.description.kind != .text else { continue }
            guard let start = times.first, let end = times.last else { continue }
            span = (min(span?.start ?? start, start), max(span?.end ?? end, end))
        }
        manifest.set("Duration", span.map { $0.end - $0.start } ?? 0)
        if let object = options.playReadyObject {
            var header = XMLElement("ProtectionHeader", text: object)
            header.set("SystemID", "9A04F079-9840-4286-AB92-E65BE0885F95")
            var protection = XMLElement("Protection")
            protection.append(header)
            manifest.append(protection)
        }
        manifest.append(elements)
        return manifest.document
    }

    private func smoothStreams(_ places: SmoothStreams) throws(PresentationError) -> [SmoothStream] {
        var streams: [SmoothStream] = []
        for track in TrackKind.allCases.flatMap(tracks) {
            guard let place = places.place(of: track.description.name) else {
                throw track.error("codec \(track.description.codec.codecString) has no form in Smooth Streaming here")
            }
            if let number = streams.firstIndex(where: { $0.name == place.stream }) {
                streams[number].levels.append((track, place.bitrate))
            } else {
                streams.append(SmoothStream(name: place.stream, levels: [(track, place.bitrate)]))
            }
        }
        return streams
    }
}

/// StreamIndex ([MS-SSTR], 2.2.2.3): tracks between which a player may switch at every fragment.
private struct SmoothStream {
    var name: String
    var levels: [(track: PresentedTrack, bitrate: Int)]

    /// The element, when its fragments begin, and when the last one ends.
    func element(_ options: SmoothOptions) throws(PresentationError) -> (XMLElement, [UInt64]) {
        guard let first = levels.first?.track else { throw PresentationError("a stream has no track") }
        let times = try times(of: first, options.timing)
        for level in levels.dropFirst() {
            guard try self.times(of: level.track, options.timing) == times else {
                throw level.track.error("its fragments begin at other times than those of '\(first.description.name)'")
            }
        }
        var element = XMLElement("StreamIndex")
        element.set("Type", first.description.kind.rawValue)
        // [MS-SSTR], 2.2.2.3: text that comes with what is said.
        if first.description.kind == .text {
            element.set("Subtype", first.description.text?.role == .caption ? "CAPT" : "SUBT")
        }
        element.set("Name", name)
        element.set("Language", first.languageTag)
        element.set("Chunks", times.count - 1)
        element.set("QualityLevels", levels.count)
        if first.description.kind == .video {
            let (width, height) = (largest(\.width), largest(\.height))
            element.set("MaxWidth", width)
            element.set("MaxHeight", height)
            element.set("DisplayWidth", width)
            element.set("DisplayHeight", height)
        }
        element.set("Url", "\(options.folder)/QualityLevels({bitrate})/Fragments(\(name)={start time})")
        for (number, level) in levels.enumerated() {
            element.append(try QualityLevel.element(level.track, number: number, bitrate: level.bitrate))
        }
        element.append(Self.fragments(times, options.hasRepeats))
        return (element, times)
    }

    private func largest(_ side: (VideoFormat) -> Int) -> Int {
        levels.compactMap { $0.track.description.video.map(side) }.max() ?? 0
    }

    /// When each fragment begins, and when the last one ends.
    private func times(of track: PresentedTrack, _ timing: SmoothTiming) throws(PresentationError) -> [UInt64] {
        let ends = track.segments.last.map { [$0.start + $0.duration] } ?? []
        var times: [UInt64] = []
        for time in track.segments.map(\.start) + ends {
            guard
                let units = timing.start(
                    time, of: track.description.kind, timescale: track.description.timescale),
                times.last.map({ $0 < units }) ?? true
            else { throw track.error("a fragment's time is out of range") }
            times.append(units)
        }
        return times
    }

    /// `c` ([MS-SSTR], 2.2.2.6). A repeat counts the first one too.
    private static func fragments(_ times: [UInt64], _ hasRepeats: Bool) -> [XMLElement] {
        var runs: [(time: UInt64, duration: UInt64, count: Int)] = []
        for (start, end) in zip(times, times.dropFirst()) {
            if hasRepeats, let last = runs.last, last.duration == end - start {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((start, end - start, 1))
            }
        }
        return runs.map { run in
            var element = XMLElement("c")
            element.set("t", run.time)
            element.set("d", run.duration)
            if run.count > 1 { element.set("r", run.count) }
            return element
        }
    }
}
