import CFFmpeg
import EncoderProtocol
import MediaModel
import TrackOutput

/// A track of sound that will be made. Owned by one thread.
final class SoundTrack {
    let sound: SoundDescription
    /// Of the first part, by its place among the sounds.
    let place: Int
    /// Nil for what is passed through.
    private(set) var rendition: AudioRendition?
    private(set) var passthrough: PassthroughTrack?

    init(_ sound: SoundDescription, place: Int) {
        self.sound = sound
        self.place = place
    }

    func begin(_ boundaries: SoundBoundaries, number: Int, output: FrameOutput) throws {
        if sound.codec == .passthrough {
            passthrough = PassthroughTrack(sound, boundaries: boundaries, number: number, output: output)
        } else {
            rendition = try AudioRendition(sound, boundaries: boundaries, number: number, output: output)
        }
    }

    func finish() throws {
        try rendition?.finish()
        try passthrough?.finish()
    }

    /// The tracks that recipes make of an input's sounds.
    ///
    /// - Parameter warn: is told what is left out.
    static func planned(
        _ recipes: [AudioRecipe], _ sounds: [SoundSource], wholeInput: Bool, warn: (String) throws -> Void
    ) throws -> [SoundTrack] {
        var tracks: [SoundTrack] = []
        var names: Set<String> = []
        for recipe in recipes {
            for (place, source) in sounds.enumerated() where recipe.takes(source.language) {
                if recipe.codec == .passthrough {
                    guard source.isDolby else { continue }
                    guard wholeInput else {
                        try warn("sound that is passed through cannot be cut: left out")
                        continue
                    }
                }
                let sound = SoundDescription(recipe, source, taken: &names)
                tracks.append(SoundTrack(sound, place: place))
            }
        }
        return tracks
    }
}

extension AudioRecipe {
    func takes(_ language: String) -> Bool {
        languages.isEmpty || languages.contains { LanguageTag.primary($0) == LanguageTag.primary(language) }
    }

    /// How many channels become of a source's.
    func channelCount(of source: Int) -> Int {
        switch (channels, source) {
        case (1, _), (_, ...1): 1
        case (6, 5...): 6
        default: 2
        }
    }
}

extension SoundDescription {
    fileprivate init(_ recipe: AudioRecipe, _ source: SoundSource, taken names: inout Set<String>) {
        codec = recipe.codec
        language = source.language
        role = source.role
        channelCount = recipe.channelCount(of: source.channelCount)
        bitrate = recipe.bitrate * channelCount / recipe.channels
        if codec == .passthrough {
            channelCount = source.channelCount
            bitrate = source.bitrate ?? recipe.bitrate
        }
        var stem = ["audio", language] + (role.map { [$0.rawValue] } ?? [])
        if codec == .opus { stem.append("opus") }
        stem.append(codec == .passthrough ? source.decoder.codecName : "\(bitrate / 1000)k")
        name = stem.joined(separator: "-")
        var number = 2
        while !names.insert(name).inserted {
            name = (stem + ["\(number)"]).joined(separator: "-")
            number += 1
        }
    }
}
