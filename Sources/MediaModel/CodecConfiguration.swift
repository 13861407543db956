/// How a track's samples are coded, as a sample entry of ISO BMFF says it.
public struct CodecConfiguration: Sendable, Hashable, Codable {
    /// The clear sample entry, as `avc1`, `hvc1`, `av01`, `vp09`, `mp4a`, `ac-3`, `ec-3`, `Opus` or `fLaC`.
    public var sampleEntry: FourCC
    /// The decoder's configuration: for `mp4a` the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), for all others the
    /// payload of the configuration box, as `avcC` (ISO/IEC 14496-15, 5.3.3.1).
    public var decoderSpecific: [UInt8]
    /// The `codecs` parameter of RFC 6381, as `avc1.640028` or `mp4a.40.2`.
    public var codecString: String
    /// What else the sample entry holds, in its order: colour, light levels, pixel shape, Dolby Vision and what else a
    /// player may look for there. Init segments carry it as it is.
    public var boxes: [SampleEntryBox]
    /// What the track is for decoders that know more than `codecString` says.
    public var supplemental: SupplementalCodec?

    public init(
        sampleEntry: FourCC, decoderSpecific: [UInt8], codecString: String, boxes: [SampleEntryBox] = [],
        supplemental: SupplementalCodec? = nil
    ) {
        self.sampleEntry = sampleEntry
        self.decoderSpecific = decoderSpecific
        self.codecString = codecString
        self.boxes = boxes
        self.supplemental = supplemental
    }

    private enum CodingKeys: String, CodingKey {
        case sampleEntry, decoderSpecific, codecString, boxes, supplemental
    }

    /// Descriptions written before there were `boxes` stay readable.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        sampleEntry = try fields.decode(FourCC.self, forKey: .sampleEntry)
        decoderSpecific = try fields.decode([UInt8].self, forKey: .decoderSpecific)
        codecString = try fields.decode(String.self, forKey: .codecString)
        boxes = try fields.decodeIfPresent([SampleEntryBox].self, forKey: .boxes) ?? []
        supplemental = try fields.decodeIfPresent(SupplementalCodec.self, forKey: .supplemental)
    }

    /// Nothing is written for what is not there: the bytes are those of before.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(sampleEntry, forKey: .sampleEntry)
        try fields.encode(decoderSpecific, forKey: .decoderSpecific)
        try fields.encode(codecString, forKey: .codecString)
        if !boxes.isEmpty { try fields.encode(boxes, forKey: .boxes) }
        try fields.encodeIfPresent(supplemental, forKey: .supplemental)
    }
}

/// A box of a sample entry, kept as bytes.
public struct SampleEntryBox: Sendable, Hashable, Codable {
    public var type: FourCC
    /// Everything behind size and type.
    public var payload: [UInt8]

    public init(type: FourCC, payload: [UInt8]) {
        self.type = type
        self.payload = payload
    }
}

/// What a track is besides its base codec, as Dolby Vision over HEVC: a codec string, and the brand that says how the
/// base looks to others (rfc8216bis, 4.4.6.2, SUPPLEMENTAL-CODECS).
public struct SupplementalCodec: Sendable, Hashable, Codable {
    /// As `dvh1.08.07`.
    public var codecString: String
    /// As `db1p`.
    public var brand: FourCC

    public init(codecString: String, brand: FourCC) {
        self.codecString = codecString
        self.brand = brand
    }
}

extension CodecConfiguration {
    /// What of a sample protection schemes may encrypt (ISO/IEC 23001-7, 9.5, and the bindings of the codecs).
    public enum ProtectedStructure: Sendable, Hashable {
        /// Slice data of NAL units.
        case slices
        /// Tiles of AV1.
        case tiles
        /// Frames of VP9 behind their uncompressed headers.
        case frames
        /// All of it.
        case wholeSample
    }

    /// By the sample entry.
    public var protectedStructure: ProtectedStructure {
        switch sampleEntry {
        case "av01", "dav1": .tiles
        case "vp09": .frames
        case "mp4a", "ac-3", "ec-3", "Opus", "fLaC", "wvtt", "stpp", "jpeg": .wholeSample
        default: .slices
        }
    }

    var defect: String? {
        // JPEG files say everything themselves.
        if decoderSpecific.isEmpty != (sampleEntry == "jpeg") || decoderSpecific.count > 65_536 {
            return "decoder configuration is empty or longer than 64 KiB"
        }
        // As text, all of it must stay within `TrackIndex.maximumDescription`.
        if boxes.count > 32 || boxes.reduce(0, { $0 + $1.payload.count }) > 131_072 {
            return "the sample entry holds more than 32 boxes or 128 KiB"
        }
        guard Self.isCodecString(codecString), supplemental.map({ Self.isCodecString($0.codecString) }) ?? true else {
            return "codec string is not one of RFC 6381"
        }
        guard supplemental.map({ Self.isBrand($0.brand) }) ?? true else { return "brand is not four characters" }
        return nil
    }

    private static func isCodecString(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2E || $0 == 0x2D }
    }

    private static func isBrand(_ code: FourCC) -> Bool {
        [24, 16, 8, 0].allSatisfy { UInt8(truncatingIfNeeded: code.rawValue >> UInt32($0)).isLetterOrDigit }
    }
}
