public import MediaModel

/// Which box of a sample entry configures the decoder.
public enum DecoderConfigurationBox {
    /// By the clear sample entry: ISO/IEC 14496-15, 5.4.2.1 and 8.4.1.1; the bindings of AV1 (2.3), VP9, AC-3 and
    /// E-AC-3 (ETSI TS 102 366, F), Opus (4.3.2) and FLAC (3.3.2) to ISO BMFF. All but `esds` are carried as bytes.
    public static func type(in sampleEntry: FourCC) -> FourCC {
        switch sampleEntry {
        case "mp4a": "esds"
        case "hvc1", "hev1", "dvh1", "dvhe": "hvcC"
        case "av01", "dav1": "av1C"
        case "vp09": "vpcC"
        case "ac-3": "dac3"
        case "ec-3": "dec3"
        case "Opus": "dOps"
        case "fLaC": "dfLa"
        case "wvtt": "vttC"
        default: "avcC"
        }
    }
}
