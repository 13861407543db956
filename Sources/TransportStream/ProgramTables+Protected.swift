import MediaModel

/// How a program map tells players of SAMPLE-AES: stream types of its own, and descriptors that say what is below them (MPEG-2
/// Stream Encryption Format for HTTP Live Streaming, section 3).
extension ProgramTables {
    /// The tables of a segment whose samples are encrypted.
    ///
    /// - Parameter firstSamples: of the segment: AC-3 says of itself what its first frame does.
    static func protected(
        _ track: TransportStreamTrack, segment: Int, firstSamples: [UInt8]
    ) throws(TransportStreamError) -> [UInt8] {
        let counter = UInt8(truncatingIfNeeded: segment & 0xF)
        let description = track.index.description
        let language = Array(description.language.utf8)
        let stream = Stream(
            type: track.stream.protectedType, pid: track.stream.pid,
            language: track.stream.isVideo || language.count != 3 || language == Array("und".utf8) ? nil : language,
            descriptors: try track.stream.protectedDescriptors(description.codec, firstSamples))
        // Another version than that of clear segments: a clear lead may come before.
        return association(counter: counter) + map([stream], counter: counter, version: 1)
    }
}

extension ElementaryStream {
    var protectedType: ProgramTables.StreamType {
        switch self {
        case .avc: .protectedAVC
        case .aac: .protectedAAC
        case .ac3: .protectedAC3
        case .eac3: .protectedEAC3
        }
    }

    /// The audio setup information (3.2.2) and the private data indicator.
    fileprivate func protectedDescriptors(
        _ codec: CodecConfiguration, _ firstSamples: [UInt8]
    ) throws(TransportStreamError) -> [UInt8] {
        switch self {
        case .avc: return Self.indicator("zavc")
        case .aac: return Self.indicator("aacd") + (try Self.setup(Self.aacType(codec), codec.decoderSpecific))
        case .ac3: return Self.indicator("ac3d") + (try Self.setup("zac3", Array(firstSamples.prefix(10))))
        case .eac3: return Self.indicator("ec3d") + (try Self.setup("zec3", codec.decoderSpecific))
        }
    }

    /// private_data_indicator_descriptor (ISO/IEC 13818-1, 2.6.28).
    private static func indicator(_ name: String) -> [UInt8] { [0x0F, 4] + Array(name.utf8) }

    /// registration_descriptor (2.6.8) of the format 'apad', with the setup information: type, no priming, version 1, setup.
    private static func setup(_ type: String, _ setup: [UInt8]) throws(TransportStreamError) -> [UInt8] {
        guard setup.count <= 64 else {
            throw TransportStreamError(.unsupportedTrack, "the codec's configuration is too long for a program map")
        }
        let information = Array("apad".utf8) + Array(type.utf8) + [0, 0, 1, UInt8(setup.count)] + setup
        return [5, UInt8(information.count)] + information
    }

    /// AAC-LC, HE-AAC, and HE-AAC version 2.
    private static func aacType(_ codec: CodecConfiguration) -> String {
        codec.codecString.hasSuffix(".29") ? "zacp" : codec.codecString.hasSuffix(".5") ? "zach" : "zaac"
    }
}
