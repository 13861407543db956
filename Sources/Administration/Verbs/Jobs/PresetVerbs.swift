public import EncoderProtocol
import Policies

/// Lists the presets that are there without a document.
public struct ListPresets: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        public var presets: [PresetForm]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        Report(presets: EncodingPreset.reference.map(PresetForm.init))
    }
}

/// Shows one of them; letter case and spaces in its name do not matter.
public struct ShowPreset: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public func run(in context: OperatorContext) async throws -> PresetForm {
        guard let preset = EncodingPreset.named(name) else {
            throw OperatorError(.missing, "there is no preset \(name.quoted); 'keyway preset list' shows all")
        }
        return PresetForm(preset)
    }
}

/// A preset as it is told.
public struct PresetForm: Codable, Sendable, Hashable {
    public struct Rendition: Codable, Sendable, Hashable {
        public var codec: String
        public var width: Int
        public var height: Int
        /// In bits per second.
        public var bitrate: Int
    }

    public struct Sound: Codable, Sendable, Hashable {
        public var codec: String
        public var channels: Int
        /// In bits per second.
        public var bitrate: Int
    }

    public var name: String
    /// Nil without video.
    public var codec: String?
    /// Nil for renditions that are listed.
    public var ladder: String?
    public var renditions: [Rendition]
    public var audio: [Sound]
    /// All of it, as jobs carry it.
    public var recipe: EncodingPreset

    init(_ preset: EncodingPreset) {
        recipe = preset
        name = preset.name
        codec = preset.video?.codec.rawValue
        ladder = preset.video?.ladder?.rawValue
        let usual = preset.video?.codec ?? .h264
        renditions = (preset.video?.renditions ?? []).map {
            Rendition(
                codec: ($0.codec ?? usual).rawValue, width: $0.width, height: $0.height, bitrate: $0.bitrate)
        }
        audio = preset.audio.map { Sound(codec: $0.codec.rawValue, channels: $0.channels, bitrate: $0.bitrate) }
    }
}
