import CodecSyntax
import Markup
import MediaModel

/// QualityLevel ([MS-SSTR], 2.2.2.5): a track, with what a decoder must have before the first fragment.
enum QualityLevel {
    static func element(
        _ track: PresentedTrack, number: Int, bitrate: Int
    ) throws(PresentationError) -> XMLElement {
        let codec = track.description.codec
        var element = XMLElement("QualityLevel")
        element.set("Index", number)
        element.set("Bitrate", bitrate)
        switch SmoothCodec(codec) {
        case .h264:
            guard let video = track.description.video else { throw track.error("there is no video format") }
            let configuration = try configuration(track)
            element.set("FourCC", "H264")
            element.set("MaxWidth", video.width)
            element.set("MaxHeight", video.height)
            element.set("NALUnitLengthField", configuration.lengthSize)
            let sets = configuration.sequenceParameterSets + configuration.pictureParameterSets
            element.set("CodecPrivateData", hexadecimal(sets.flatMap { [0, 0, 0, 1] + $0 }))
        case .aac:
            guard let audio = track.description.audio else { throw track.error("there is no audio format") }
            element.set("FourCC", fourCC(ofAAC: codec.decoderSpecific))
            element.set("SamplingRate", audio.sampleRate)
            element.set("Channels", audio.channelCount)
            element.set("BitsPerSample", 16)
            element.set("PacketSize", 4)
            // WAVE_FORMAT_RAW_AAC1: AAC without headers of its own.
            element.set("AudioTag", 255)
            element.set("CodecPrivateData", hexadecimal(codec.decoderSpecific))
        case .ttml:
            element.set("FourCC", "TTML")
            element.set("CodecPrivateData", "")
        case nil: throw track.error("codec \(codec.codecString) has no form in Smooth Streaming here")
        }
        return element
    }

    /// `AACL` for what a decoder of AAC-LC can play, HE-AAC included whose configuration names the core alone or first
    /// (ISO/IEC 14496-3, 1.6.5); `AACH`, Microsoft's own, for HE-AAC that says so first.
    private static func fourCC(ofAAC configuration: [UInt8]) -> String {
        (configuration.first ?? 0) >> 3 == 2 ? "AACL" : "AACH"
    }

    private static func configuration(_ track: PresentedTrack) throws(PresentationError) -> AVCDecoderConfiguration {
        do {
            return try AVCDecoderConfiguration(parsing: track.description.codec.decoderSpecific)
        } catch {
            throw track.error("\(error)")
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }
}
