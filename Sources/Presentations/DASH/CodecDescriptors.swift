import Markup
import MediaModel

/// What DASH says of a track's codec besides its `codecs` parameter.
enum CodecDescriptors {
    /// AudioChannelConfiguration (ISO/IEC 23009-1, 5.8.4.7): the layout's code point; for AC-3 and E-AC-3 Dolby's field as
    /// well (ETSI TS 102 366, I.1.2.1), which older players know alone.
    static func channels(of audio: AudioFormat) -> [XMLElement] {
        // Up to six channels, the first code points are the numbers of channels.
        let layout = audio.channelConfiguration ?? (audio.channelCount <= 6 ? audio.channelCount : nil)
        guard let field = audio.dolbyChannels else {
            return layout.map {
                [channels("urn:mpeg:dash:23003:3:audio_channel_configuration:2011", "\($0)")]
            } ?? []
        }
        let hexadecimal = String(UInt32(field) + 0x10000, radix: 16, uppercase: true).dropFirst()
        let code = audio.channelConfiguration.map { channels("urn:mpeg:mpegB:cicp:ChannelConfiguration", "\($0)") }
        return (code.map { [$0] } ?? [])
            + [channels("tag:dolby.com,2014:dash:audio_channel_configuration:2011", String(hexadecimal))]
    }

    private static func channels(_ scheme: String, _ value: String) -> XMLElement {
        var element = XMLElement("AudioChannelConfiguration")
        element.set("schemeIdUri", scheme)
        element.set("value", value)
        return element
    }

    /// A property of a whole set: what a player must understand to play it right, or may.
    struct Property: Hashable {
        var isEssential: Bool
        var scheme: String
        var value: String
    }

    static func properties(of track: TrackDescription) -> [XMLElement] {
        propertyValues(of: track).map { property in
            var element = XMLElement(property.isEssential ? "EssentialProperty" : "SupplementalProperty")
            element.set("schemeIdUri", property.scheme)
            element.set("value", property.value)
            return element
        }
    }

    /// Colour as code points (DASH-IF IOP, part 7): high dynamic range is essential, since players that do not know it
    /// show it wrong; BT.709 is what players take for granted and is not said. Objects in E-AC-3 (ETSI TS 103 420, D.2).
    static func propertyValues(of track: TrackDescription) -> [Property] {
        var properties: [Property] = []
        if let colour = track.video?.colour, [colour.primaries, colour.transfer, colour.matrix] != [1, 1, 1] {
            let codes = [
                ("ColourPrimaries", colour.primaries), ("TransferCharacteristics", colour.transfer),
                ("MatrixCoefficients", colour.matrix),
            ]
            // 2 is unspecified.
            properties += codes.filter { $0.1 != 2 }.map { name, code in
                Property(
                    isEssential: colour.range != .sdr, scheme: "urn:mpeg:mpegB:cicp:\(name)", value: "\(code)")
            }
        }
        if let objects = track.audio?.objectComplexity {
            properties += [("EC3_ExtensionType", "JOC"), ("EC3_ExtensionComplexityIndex", "\(objects)")].map {
                Property(isEssential: false, scheme: "tag:dolby.com,2018:dash:\($0.0):2018", value: $0.1)
            }
        }
        return properties.sorted { $0.isEssential && !$1.isEssential }
    }

    /// The shape of a pixel in lowest terms.
    static func sampleAspectRatio(of video: VideoFormat) -> String {
        guard let shape = video.pixelShape, shape.horizontal > 0, shape.vertical > 0 else { return "1:1" }
        var (divisor, rest) = (shape.horizontal, shape.vertical)
        while rest > 0 { (divisor, rest) = (rest, divisor % rest) }
        return "\(shape.horizontal / divisor):\(shape.vertical / divisor)"
    }
}
