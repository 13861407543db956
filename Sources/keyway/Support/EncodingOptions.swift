import Administration
import ArgumentParser
import EncoderProtocol
import Foundation
import KeyServer

/// What `encode` may be told beside its inputs.
struct EncodingOptions: ParsableArguments {
    @Option(help: "A preset that is always there; 'keyway preset list' shows them.")
    var preset: String?

    @Option(help: ArgumentHelp("A YAML file with a document of kind EncodingPreset.", valueName: "file"))
    var presetFile: String?

    @Flag(help: "All inputs behind one another become one asset.")
    var join = false

    @Option(help: "Where to begin, in seconds or as HH:MM:SS.mmm; with one input.")
    var start: String?

    @Option(help: "Where to end; with one input.")
    var end: String?

    // One that ends somewhere and begins at the beginning begins like an option.
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "What is taken of an input, as 10-0:25.5, 10-, -25.5, or '-' for all: once for each input, in their order.",
            valueName: "start-end"))
    var clip: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of subtitles and its language, as film.srt:en or film.vtt:de:forced.", valueName: "file:language"))
    var subtitles: [String] = []

    @Option(help: ArgumentHelp("A picture that lies over the film.", valueName: "file"))
    var overlay: String?

    @Option(help: "Where the overlay lies: top-left, top-right (usual), bottom-left, bottom-right.")
    var overlayCorner: String?

    // A number below zero begins like an option.
    @Option(parsing: .unconditional, help: "Bring sound to a loudness in LUFS (EBU R 128), as -23.")
    var loudness: Double?

    @Flag(help: "Make thumbnails for scrubbing, every 10 seconds; a preset file says otherwise.")
    var thumbnails = false

    @Option(help: "Make a poster of the picture at this time, or of the 'best' one.")
    var poster: String?

    @Option(
        help: ArgumentHelp(
            "In pieces that need nothing of each other: off, auto (films of 10 minutes and more), or their length as 60s.",
            valueName: "rule"))
    var split: String?

    @Flag(help: "Hold each rendition against the source: SSIM and PSNR.")
    var quality = false

    /// What is asked for besides the preset's name and pieces.
    ///
    /// - Parameter place: a file as whoever opens it knows it.
    func encoding(_ place: (String) -> String = { $0 }) throws -> JobEncoding {
        var encoding = JobEncoding()
        encoding.join = join ? true : nil
        encoding.start = start
        encoding.end = end
        encoding.clips = clip.isEmpty ? nil : try clip.map(Self.clip)
        encoding.subtitles = subtitles.isEmpty ? nil : subtitles.map(place)
        encoding.overlay = overlay.map(place)
        encoding.overlayCorner = overlayCorner
        encoding.loudness = loudness
        encoding.quality = quality ? true : nil
        encoding.thumbnails = thumbnails ? true : nil
        encoding.poster = poster
        return encoding
    }

    /// One order, as a job carries it, with its files, for each job.
    func orders(_ inputs: [String]) throws -> [(order: String, files: [String])] {
        guard start == nil && end == nil || inputs.count == 1 else {
            throw CommandFailure(.usage, "--start and --end go with one input; --clip says it of each of several")
        }
        guard clip.isEmpty || clip.count == inputs.count else {
            throw CommandFailure(
                .usage, "--clip is given once for each input, in their order: \(clip.count) for \(inputs.count)")
        }
        let preset = try chosenPreset()
        let groups = join ? [inputs.indices] : inputs.indices.map { $0..<($0 + 1) }
        return try groups.map { group in
            var encoding = try encoding()
            encoding.clips = encoding.clips.map { Array($0[group]) }
            var (order, files) = try encoding.order(of: preset, Array(inputs[group]))
            order.split = try split.map(Self.pieces)
            guard files.allSatisfy({ !$0.contains("\n") }) else {
                throw CommandFailure(.badData, "the name of a file has a line break")
            }
            return (try order.text(), files)
        }
    }

    /// The preset that is meant, with what documents say of it.
    func chosenPreset() throws -> EncodingPreset {
        guard let presetFile else {
            guard let found = EncodingPreset.named(preset ?? "adaptive") else {
                throw CommandFailure(
                    .badData, "there is no preset '\(preset ?? "")'; 'keyway preset list' shows all")
            }
            return found
        }
        return try JobEncoding.only(PresetValidate.load(presetFile), named: preset, of: "'\(presetFile)'")
    }

    private static func clip(_ text: String) throws -> JobEncoding.Clip {
        guard let clip = JobEncoding.Clip(range: text) else {
            throw CommandFailure(
                .badData, "--clip \(text): write START-END in seconds or as HH:MM:SS.mmm, as 10-25.5, 10-, -25.5 or -")
        }
        return clip
    }

    private static func pieces(_ text: String) throws -> EncodingSplit {
        guard let rule = EncodingSplit(rawValue: text) else {
            throw CommandFailure(
                .usage,
                "--split \(text): write off, auto, or \(EncodingSplit.pieces.lowerBound)s to "
                    + "\(EncodingSplit.pieces.upperBound)s")
        }
        return rule
    }
}
