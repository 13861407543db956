import Catalog
public import EncoderProtocol

/// What one job's encode does besides what its preset says: what 'keyway encode' has options for.
public struct JobEncoding: Codable, Sendable, Hashable {
    /// Documents of kind EncodingPreset in YAML or JSON: the only one, or the one that the submission names.
    public var presets: String?
    /// Whether several inputs, behind one another, become one film.
    public var join: Bool?
    /// In the only input: seconds, or `HH:MM:SS.mmm`.
    public var start: String?
    /// In the only input: seconds, or `HH:MM:SS.mmm`.
    public var end: String?
    /// What is taken of each input, in the order of the inputs.
    public var clips: [Clip]?
    /// Each a file and its language, as `film.srt:en` or `film.vtt:de:forced`.
    public var subtitles: [String]?
    /// The file of a picture that lies over the film.
    public var overlay: String?
    public var overlayCorner: String?
    /// What sound is brought to, in LUFS (EBU R 128).
    public var loudness: Double?
    /// Whether each rendition is held against the source.
    public var quality: Bool?
    /// Whether thumbnails are made: as the preset says, or every ten seconds.
    public var thumbnails: Bool?
    /// `best`, or the poster's place in the film, as `start`.
    public var poster: String?

    public init() {}

    /// A stretch of an input; all of it where nothing is said.
    public struct Clip: Codable, Sendable, Hashable {
        /// As `JobEncoding.start`; nil: its beginning.
        public var start: String?
        /// As `JobEncoding.end`; nil: its end.
        public var end: String?

        public init(start: String? = nil, end: String? = nil) {
            self.start = start
            self.end = end
        }

        /// As `10-0:25.5`, `10-`, `-25.5`, or `-` for all of it; nil for what is none of these.
        public init?(range: String) {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard ends.count == 2 else { return nil }
            self.init(start: ends[0].isEmpty ? nil : ends[0], end: ends[1].isEmpty ? nil : ends[1])
        }
    }

    /// What `overlayCorner` may say.
    public static let corners = EncodingOrder.Overlay.Corner.allCases.map(\.rawValue)

    /// Whether nothing is said.
    public var isEmpty: Bool { self == JobEncoding() }

    /// The order, and its files in the order in which it numbers them.
    ///
    /// - Throws: `OperatorError` with the field that is wrong.
    public func order(of preset: EncodingPreset, _ inputs: [String]) throws -> (order: EncodingOrder, files: [String]) {
        guard inputs.count == 1 || join == true else {
            throw OperatorError(
                .invalid, "\(inputs.count) inputs become one film behind one another, with join; else each has a job")
        }
        var files = inputs
        var order = EncodingOrder(preset: try changed(preset), parts: try parts(count: inputs.count))
        for text in subtitles ?? [] { order.texts.append(try Self.sideText(text, &files)) }
        order.overlay = try overlay(&files)
        order.measuresQuality = quality ?? false
        try Self.check(order)
        return (order, files)
    }

    private func parts(count: Int) throws -> [EncodingOrder.Part] {
        guard let clips else {
            guard start == nil && end == nil || count == 1 else {
                throw OperatorError(.invalid, "start and end go with one input; clips say it of each of several")
            }
            return try (0..<count).map { try Self.part($0, Clip(start: start, end: end)) }
        }
        guard start == nil, end == nil else {
            throw OperatorError(.invalid, "clips say where each input begins and ends: without start and end")
        }
        guard clips.count == count else {
            throw OperatorError(
                .invalid, "clips are of each input in its order: \(clips.count) are given, and \(count) inputs")
        }
        return try clips.enumerated().map { number, clip in
            try Self.part(number, clip, "clips[\(number)].")
        }
    }

    private static func part(_ input: Int, _ clip: Clip, _ field: String = "") throws -> EncodingOrder.Part {
        EncodingOrder.Part(
            input: input, start: try clip.start.map { try seconds($0, field + "start") },
            end: try clip.end.map { try seconds($0, field + "end") })
    }

    private func changed(_ preset: EncodingPreset) throws -> EncodingPreset {
        var preset = preset
        preset.loudness = loudness ?? preset.loudness
        if let thumbnails { preset.thumbnails = thumbnails ? preset.thumbnails ?? ThumbnailRecipe() : nil }
        if let poster {
            let position = poster == "best" ? nil : try Self.seconds(poster, "poster")
            preset.poster = PosterRecipe(position: position, width: preset.poster?.width ?? PosterRecipe().width)
        }
        return preset
    }

    private func overlay(_ files: inout [String]) throws -> EncodingOrder.Overlay? {
        guard let overlay else {
            guard overlayCorner == nil else { throw OperatorError(.invalid, "overlayCorner goes with an overlay") }
            return nil
        }
        var order = EncodingOrder.Overlay(input: files.count)
        if let overlayCorner {
            guard let corner = EncodingOrder.Overlay.Corner(rawValue: overlayCorner) else {
                throw OperatorError(
                    .invalid,
                    "overlayCorner is one of \(Self.corners.joined(separator: ", ")), not \(overlayCorner.quoted)")
            }
            order.corner = corner
        }
        files.append(overlay)
        return order
    }

    /// What is asked for must be something that the preset makes.
    static func check(_ order: EncodingOrder) throws {
        if !order.preset.decodesPictures, order.overlay != nil || order.measuresQuality {
            throw OperatorError(
                .invalid,
                "overlay and quality are of pictures that are encoded: preset '\(order.preset.name)' encodes none")
        }
        if !order.preset.encodesSound, order.preset.loudness != nil {
            throw OperatorError(
                .invalid, "loudness is of sound that is encoded: preset '\(order.preset.name)' encodes none")
        }
        let defects = order.defects
        guard defects.isEmpty else { throw OperatorError(.invalid, defects.joined(separator: "\n")) }
    }

    private static func sideText(_ text: String, _ files: inout [String]) throws -> EncodingOrder.SideText {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var role = "subtitle"
        if parts.count > 2, let last = parts.last, ["subtitle", "caption", "forced"].contains(last) {
            role = last
            parts.removeLast()
        }
        guard parts.count > 1, let language = parts.popLast(), EncodingOrder.isLanguage(language) else {
            throw OperatorError(.invalid, "subtitles \(text.quoted): write FILE:LANGUAGE, as film.srt:en")
        }
        files.append(parts.joined(separator: ":"))
        return EncodingOrder.SideText(input: files.count - 1, language: language, role: role)
    }

    /// Seconds, or `HH:MM:SS.mmm` with or without hours.
    private static func seconds(_ text: String, _ field: String) throws -> Double {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard (1...3).contains(parts.count), parts.allSatisfy({ ($0 ?? -1) >= 0 && ($0 ?? 0) < 1e6 }) else {
            throw OperatorError(.invalid, "\(field) \(text.quoted): write seconds, or HH:MM:SS.mmm")
        }
        return parts.reduce(0) { $0 * 60 + ($1 ?? 0) }
    }
}

extension JobEncoding {
    /// The preset of these that a submission means.
    ///
    /// - Throws: `OperatorError` with everything that is wrong, and where.
    func preset(named name: String?) throws -> EncodingPreset? {
        guard let presets else { return nil }
        let loaded = LoadedPresets(presets, file: "presets")
        guard loaded.errors.isEmpty else {
            throw OperatorError(.invalid, loaded.errors.map(\.description).joined(separator: "\n"))
        }
        return try Self.only(loaded.presets, named: name, of: "presets")
    }

    /// - Parameter file: as errors name it.
    public static func only(_ presets: [EncodingPreset], named name: String?, of file: String) throws -> EncodingPreset
    {
        let named = name.map { name in presets.filter { $0.name == name } } ?? presets
        guard let only = named.first, named.count == 1 else {
            let names = presets.map { $0.name.quoted }.joined(separator: ", ")
            throw OperatorError(.invalid, "\(file) has \(names); choose one by its name")
        }
        return only
    }
}
