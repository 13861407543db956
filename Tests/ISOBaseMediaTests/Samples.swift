import ISOBaseMedia
import MediaModel

/// Tracks and boxes that the tests write.
enum Samples {
    static let video = TrackDescription(
        name: "video-720", kind: .video,
        codec: CodecConfiguration(
            sampleEntry: "avc1", decoderSpecific: [1, 0x4D, 0x40, 0x1F, 0xFF, 0xE1, 0, 1, 0x67, 1, 0, 1, 0x68],
            codecString: "avc1.4d401f"),
        timescale: 12_800, language: "und", averageBitrate: 1_200_000, peakBitrate: 2_000_000,
        video: VideoFormat(width: 1280, height: 720, frameRateNumerator: 25, frameRateDenominator: 1))

    static let audio = TrackDescription(
        name: "audio-en", kind: .audio,
        codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [0x11, 0x90], codecString: "mp4a.40.2"),
        timescale: 48_000, language: "en-GB", averageBitrate: 128_000, peakBitrate: 130_000,
        audio: AudioFormat(sampleRate: 48_000, channelCount: 2))

    static let keyID = UUIDBytes(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
    static let systemID = UUIDBytes(high: 0x1077_EFEC_C0B2_4D02, low: 0xACE3_3C1E_52E2_FB4B)
    static let pssh = ProtectionSystemHeader(systemID: systemID, keyIDs: [keyID])

    static let cenc = TrackProtection(
        scheme: "cenc",
        sampleProtection: SampleProtection(keyID: keyID, pattern: .none, initializationVector: .perSample(size: 8)))

    static let cbcs = TrackProtection(
        scheme: "cbcs",
        sampleProtection: SampleProtection(
            keyID: keyID, pattern: .oneOfTen, initializationVector: .constant([UInt8](0..<16))))

    static let pictures: [FragmentSample] = [
        FragmentSample(size: 9000, duration: 512, compositionOffset: 512, isSync: true),
        FragmentSample(size: 700, duration: 512, compositionOffset: 1024, isSync: false),
        FragmentSample(size: 30, duration: 512, compositionOffset: -512, isSync: false),
    ]

    static let frames: [FragmentSample] = [341, 342, 343].map {
        FragmentSample(size: $0, duration: 1024, isSync: true)
    }

    static let pictureEncryption = SampleEncryptionBox(
        samples: zip(0..., pictures).map { number, picture in
            SampleEncryptionBox.Sample(
                initializationVector: [0, 0, 0, 7, 0, 0, 0, number],
                subsamples: [.init(clearBytes: 30, protectedBytes: picture.size - 30)])
        })

    static func fragment(
        _ samples: [FragmentSample], _ encryption: SampleEncryptionBox? = nil
    ) throws -> MovieFragment {
        try MovieFragment(.init(sequenceNumber: 3, decodeTime: 1 << 33), samples: samples, encryption: encryption)
    }

    /// A whole file: init segment, segment type, fragment with media of zeros.
    static func file(protected: Bool = true) throws -> [UInt8] {
        let segment = InitializationSegment(
            track: video, protection: protected ? cenc : nil, systemHeaders: protected ? [pssh] : [])
        let fragment = try fragment(pictures, protected ? pictureEncryption : nil)
        return segment.serialized() + FileTypeBox.segment.serialized() + fragment.header()
            + [UInt8](repeating: 0, count: fragment.mediaSize)
    }
}
