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

    @Option(
        help: ArgumentHelp(
            "A file of subtitles and its language, as film.srt:en or film.vtt:de:forced.", valueName: "file:language"))
    var subtitles: [String] = []

    @Option(help: ArgumentHelp("A picture that lies over the film.", valueName: "file"))
    var overlay: String?

    @Option(help: "Where the overlay lies: top-left, top-right, bottom-left, bottom-right.")
    var overlayCorner = "top-right"

    @Option(help: "Bring sound to a loudness in LUFS (EBU R 128), as -23.")
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

    /// One order, as a job carries it, with its files, for each job.
    func orders(_ inputs: [String]) throws -> [(order: String, files: [String])] {
        guard start == nil && end == nil || inputs.count == 1 else {
            throw CommandFailure(.badData, "--start and --end go with one input")
        }
        let preset = try chosenPreset()
        let groups: [[String]] = join ? [inputs] : inputs.map { [$0] }
        return try groups.map { group in
            var files = group
            var order = EncodingOrder(
                preset: preset,
                parts: try group.indices.map {
                    EncodingOrder.Part(
                        input: $0, start: try start.map { try Self.seconds($0, "--start") },
                        end: try end.map { try Self.seconds($0, "--end") })
                })
            for text in subtitles { order.texts.append(try Self.sideText(text, &files)) }
            if let overlay {
                guard let corner = EncodingOrder.Overlay.Corner(rawValue: overlayCorner) else {
                    let corners = EncodingOrder.Overlay.Corner.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandFailure(.badData, "--overlay-corner is one of \(corners)")
                }
                order.overlay = EncodingOrder.Overlay(input: files.count, corner: corner)
                files.append(overlay)
            }
            order.measuresQuality = quality
            if let split {
                guard let rule = EncodingSplit(rawValue: split) else {
                    throw CommandFailure(
                        .badData,
                        "--split \(split): write off, auto, or \(EncodingSplit.pieces.lowerBound)s to "
                            + "\(EncodingSplit.pieces.upperBound)s")
                }
                order.split = rule
            }
            let defects = order.defects
            guard defects.isEmpty else { throw CommandFailure(.badData, defects.joined(separator: "\n")) }
            guard files.allSatisfy({ !$0.contains("\n") }) else {
                throw CommandFailure(.badData, "the name of a file has a line break")
            }
            return (try order.text(), files)
        }
    }

    private func chosenPreset() throws -> EncodingPreset {
        var chosen: EncodingPreset
        if let presetFile {
            let presets = try PresetValidate.load(presetFile)
            let named = preset.map { name in presets.filter { $0.name == name } } ?? presets
            guard let only = named.first, named.count == 1 else {
                throw CommandFailure(
                    .badData,
                    "'\(presetFile)' has \(presets.map { "'\($0.name)'" }.joined(separator: ", ")); choose one with --preset"
                )
            }
            chosen = only
        } else {
            guard let found = EncodingPreset.named(preset ?? "adaptive") else {
                throw CommandFailure(
                    .badData, "there is no preset '\(preset ?? "")'; 'keyway preset list' shows all")
            }
            chosen = found
        }
        if let loudness { chosen.loudness = loudness }
        if thumbnails { chosen.thumbnails = chosen.thumbnails ?? ThumbnailRecipe() }
        if let poster {
            let position = poster == "best" ? nil : try Self.seconds(poster, "--poster")
            chosen.poster = PosterRecipe(position: position, width: chosen.poster?.width ?? PosterRecipe().width)
        }
        return chosen
    }

    private static func sideText(_ text: String, _ files: inout [String]) throws -> EncodingOrder.SideText {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var role = "subtitle"
        if parts.count > 2, let last = parts.last, ["subtitle", "caption", "forced"].contains(last) {
            role = last
            parts.removeLast()
        }
        guard parts.count > 1, let language = parts.popLast(), EncodingOrder.isLanguage(language) else {
            throw CommandFailure(.badData, "--subtitles \(text): write FILE:LANGUAGE, as film.srt:en")
        }
        files.append(parts.joined(separator: ":"))
        return EncodingOrder.SideText(input: files.count - 1, language: language, role: role)
    }

    /// Seconds, or `HH:MM:SS.mmm` with or without hours.
    private static func seconds(_ text: String, _ option: String) throws -> Double {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard (1...3).contains(parts.count), parts.allSatisfy({ ($0 ?? -1) >= 0 && ($0 ?? 0) < 1e6 }) else {
            throw CommandFailure(.badData, "\(option) \(text): write seconds, or HH:MM:SS.mmm")
        }
        return parts.reduce(0) { $0 * 60 + ($1 ?? 0) }
    }
}
