public import EncoderProtocol

/// `kind: EncodingPreset`: a recipe for encoding. It is no document that is applied: jobs carry their preset with them.
public struct LoadedPresets: Sendable {
    public var presets: [EncodingPreset]
    /// In the order of places.
    public var errors: [DocumentError]

    /// Reads presets from text. Other kinds of documents are errors.
    ///
    /// - Parameter file: as errors name it.
    public init(_ text: String, file: String) {
        let scope = DocumentScope(file: file, publicKeys: .sent([]))
        presets = YAMLReader.documents(in: text, scope: scope).compactMap { $0.encodingPreset() }
        if presets.isEmpty, scope.errors.isEmpty {
            scope.report("there is no document of kind EncodingPreset", line: 1, column: 1)
        }
        errors = scope.errors.sorted()
    }

    private init(presets: [EncodingPreset], errors: [DocumentError]) {
        self.presets = presets
        self.errors = errors
    }

    /// Reads presets from a file. Never throws: what cannot be read is an error in the result.
    public static func reading(_ path: String) -> LoadedPresets {
        do throws(BoundedFileError) {
            return LoadedPresets(try BoundedFile.read(path, limit: YAMLReader.maximumSize), file: path)
        } catch {
            let position = SourcePosition(file: path, line: 1, column: 1)
            return LoadedPresets(presets: [], errors: [DocumentError(error.reason, at: position)])
        }
    }
}

extension DocumentNode {
    private static let presetFields = ["name", "video", "audio", "loudness", "thumbnails", "poster"]

    func encodingPreset() -> EncodingPreset? {
        guard let kind = self["kind"], kind.scalarText == "EncodingPreset" else {
            (self["kind"] ?? self).report("'kind' is EncodingPreset in a file of presets")
            return nil
        }
        guard let fields = DocumentFields(self, of: "an EncodingPreset", known: ["kind"] + Self.presetFields) else {
            return nil
        }
        guard let name = fields.required("name")?.name("name") else {
            _ = preset("an EncodingPreset", fields, name: "")
            return nil
        }
        return preset("an EncodingPreset", fields, name: name)
    }

    /// The preset that a task has written out, with the fields of an EncodingPreset but its kind.
    ///
    /// - Parameter name: of one that has none.
    func ownPreset(name: String) -> EncodingPreset? {
        guard let fields = DocumentFields(self, of: "'preset'", known: Self.presetFields) else { return nil }
        return preset("'preset'", fields, name: fields["name"].map { $0.name("name") ?? "" } ?? name)
    }

    private func preset(_ what: String, _ fields: DocumentFields, name: String) -> EncodingPreset {
        let video = fields["video"]?.videoRecipe()
        let audio = fields["audio"].map { $0.audioRecipes() } ?? (fields["video"] == nil ? [] : [AudioRecipe()])
        let loudness = fields["loudness"]?.decimal("loudness", in: EncodingPreset.loudnesses, unit: "LUFS")
        if fields["video"] == nil, fields["audio"] == nil { report("\(what) needs 'video', 'audio' or both") }
        let thumbnails = fields["thumbnails"]?.thumbnailRecipe()
        let poster = fields["poster"]?.posterRecipe()
        if fields["video"] == nil {
            for field in ["thumbnails", "poster"] {
                fields[field]?.report("'\(field)' is made of the pictures that 'video' decodes: it needs 'video'")
            }
        }
        return EncodingPreset(
            name: name, video: video, audio: audio, loudness: loudness, thumbnails: thumbnails, poster: poster)
    }

    private func videoRecipe() -> VideoRecipe? {
        let known = [
            "codec", "ladder", "renditions", "complexity", "keyFrameInterval", "frameRate", "dynamicRange",
            "deinterlacing", "bufferWindow",
        ]
        guard let fields = DocumentFields(self, of: "'video'", known: known) else { return nil }
        var recipe = VideoRecipe()
        recipe.codec = fields["codec"]?.choice(VideoCodec.self, "codec") ?? .h264
        recipe.ladder = fields["ladder"]?.choice(VideoRecipe.Ladder.self, "ladder")
        if let node = fields["renditions"] {
            let items = node.list("renditions", limit: EncodingPreset.maximumRenditions) ?? []
            recipe.renditions = items.compactMap { $0.rendition(recipe.codec) }
            if fields["ladder"] != nil { node.report("'renditions' and 'ladder' exclude each other") }
        } else if fields["ladder"] == nil {
            report("'video' needs 'renditions' or 'ladder'")
        }
        recipe.complexity = fields["complexity"]?.choice(EncodingComplexity.self, "complexity") ?? .speed
        recipe.keyFrameInterval =
            fields["keyFrameInterval"]?.seconds("keyFrameInterval", in: VideoRecipe.keyFrameIntervals) ?? 2
        recipe.maximumFrameRate = fields["frameRate"]?.decimal(
            "frameRate", in: VideoRecipe.frameRates, unit: "a second")
        recipe.dynamicRange =
            fields["dynamicRange"]?.choice(VideoRecipe.DynamicRange.self, "dynamicRange") ?? .keep
        recipe.deinterlacing =
            fields["deinterlacing"]?.choice(VideoRecipe.Deinterlacing.self, "deinterlacing") ?? .auto
        recipe.bufferWindow = fields["bufferWindow"]?.seconds("bufferWindow", in: VideoRecipe.bufferWindows) ?? 5
        return recipe
    }

    private func rendition(_ usual: VideoCodec) -> VideoRenditionRecipe? {
        let known = ["codec", "width", "height", "bitrate", "maxBitrate", "crf", "profile"]
        guard let fields = DocumentFields(self, of: "an item of 'renditions'", known: known) else { return nil }
        let codec = fields["codec"]?.choice(VideoCodec.self, "codec")
        let (named, sizes) = (codec ?? usual, VideoRenditionRecipe.sizes)
        let width = fields.required("width")?.number("width", in: sizes)
        let height = fields.required("height")?.number("height", in: sizes)
        let bitrate = fields.required("bitrate")?.bitrate("bitrate", in: VideoRenditionRecipe.bitrates)
        let most = fields["maxBitrate"]?.bitrate("maxBitrate", in: VideoRenditionRecipe.bitrates)
        if let bitrate, let most, most < bitrate { fields["maxBitrate"]?.report("'maxBitrate' is below 'bitrate'") }
        let factor = fields["crf"]?.decimal("crf", in: 0...named.worstQuality, unit: nil)
        let profile = fields["profile"]?.text("profile", limit: 32)
        if let profile, !named.profiles.contains(profile) {
            let names = named.profiles.joined(separator: ", ")
            fields["profile"]?.report("'profile' of \(named.rawValue) is one of \(names)")
        }
        guard let width, let height, let bitrate else { return nil }
        return VideoRenditionRecipe(
            codec: codec, width: width, height: height, bitrate: bitrate, maximumBitrate: most,
            constantRateFactor: factor, profile: profile)
    }

    private func audioRecipes() -> [AudioRecipe] {
        let items = list("audio", limit: EncodingPreset.maximumSounds) ?? []
        return items.compactMap { item in
            let known = ["codec", "channels", "bitrate", "languages"]
            guard let fields = DocumentFields(item, of: "an item of 'audio'", known: known) else { return nil }
            var recipe = AudioRecipe()
            recipe.codec = fields["codec"]?.choice(AudioRecipe.Codec.self, "codec") ?? .aac
            if let node = fields["channels"], let count = node.number("channels", in: 1...6) {
                recipe.channels = count
                if !AudioRecipe.channelCounts.contains(count) { node.report("'channels' is 1, 2 or 6") }
            }
            let usual = recipe.channels == 6 ? 384_000 : recipe.channels * 64_000
            recipe.bitrate = fields["bitrate"]?.bitrate("bitrate", in: AudioRecipe.bitrates) ?? usual
            recipe.languages = (fields["languages"]?.list("languages", limit: 32) ?? []).compactMap { node in
                guard let text = node.text("languages", limit: 35) else { return nil }
                if !EncodingOrder.isLanguage(text) { node.report("'languages' has tags of RFC 5646, as 'en'") }
                return text
            }
            return recipe
        }
    }

    /// Bits per second, or with `k` or `M` behind the number.
    private func bitrate(_ field: String, in range: ClosedRange<Int>) -> Int? {
        let text = scalarText ?? ""
        let factor = text.hasSuffix("k") ? 1000.0 : text.hasSuffix("M") ? 1_000_000 : 1
        let number = Self.decimal(factor == 1 ? text : String(text.dropLast()))
        guard let number, let value = Int(exactly: (number * factor).rounded()), range.contains(value) else {
            report(
                "'\(field)' is a bit rate from \(range.lowerBound / 1000)k to \(range.upperBound / 1000)k: 800k, 4.5M")
            return nil
        }
        return value
    }

    func decimal(_ field: String, in range: ClosedRange<Double>, unit: String?) -> Double? {
        guard let value = scalarText.flatMap(Self.decimal), range.contains(value) else {
            let behind = unit.map { " \($0)" } ?? ""
            report("'\(field)' is a number from \(range.lowerBound) to \(range.upperBound)\(behind)")
            return nil
        }
        return value
    }

    /// `2s`, `0.5s`.
    func seconds(_ field: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = scalarText, text.hasSuffix("s"), let value = Self.decimal(String(text.dropLast())),
            range.contains(value)
        else {
            report("'\(field)' lies between \(range.lowerBound)s and \(range.upperBound)s")
            return nil
        }
        return value
    }

    /// A share, as `12%`: from 1 % to 100 %.
    func share(_ field: String) -> Double? {
        guard let text = scalarText, text.hasSuffix("%"), let value = Self.decimal(String(text.dropLast())),
            (1...100).contains(value)
        else {
            report("'\(field)' lies between 1% and 100%")
            return nil
        }
        return value / 100
    }

    private static func decimal(_ text: String) -> Double? {
        let isNumber =
            (1...12).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
        return isNumber ? Double(text) : nil
    }
}
