import MediaModel

/// The one place that says which Swift type reads which box.
enum BoxTypes {
    /// The reader of a type; anything unknown is kept as opaque bytes.
    static func known(_ type: FourCC) -> any ReadableBox.Type {
        switch type {
        case "moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "edts", "moof", "traf", "sinf", "schi":
            ContainerBox.self
        case "ftyp", "styp": FileTypeBox.self
        case "mdat": MediaDataBox.self
        case "pssh": ProtectionSystemHeader.self
        default: movie(type)
        }
    }

    private static func movie(_ type: FourCC) -> any ReadableBox.Type {
        switch type {
        case "mvhd": MovieHeaderBox.self
        case "trex": TrackExtendsBox.self
        case "tkhd": TrackHeaderBox.self
        case "mdhd": MediaHeaderBox.self
        case "hdlr": HandlerBox.self
        case "vmhd": VideoMediaHeaderBox.self
        case "smhd": SoundMediaHeaderBox.self
        case "dref": DataReferenceBox.self
        case "url ": DataEntryURLBox.self
        case "elng": ExtendedLanguageBox.self
        case "elst": EditListBox.self
        default: sampleTable(type)
        }
    }

    private static func sampleTable(_ type: FourCC) -> any ReadableBox.Type {
        switch type {
        case "stsd": SampleDescriptionBox.self
        case "avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe", "av01", "dav1", "vp09", "encv": VisualSampleEntry.self
        case "mp4a", "ac-3", "ec-3", "Opus", "fLaC", "enca": AudioSampleEntry.self
        case "avcC": AVCConfigurationBox.self
        case "esds": ElementaryStreamDescriptorBox.self
        case "pasp": PixelAspectRatioBox.self
        case "colr": ColourInformationBox.self
        case "stts": TimeToSampleBox.self
        case "stsc": SampleToChunkBox.self
        case "stsz": SampleSizeBox.self
        case "stco": ChunkOffsetBox.self
        default: fragment(type)
        }
    }

    private static func fragment(_ type: FourCC) -> any ReadableBox.Type {
        switch type {
        case "mfhd": MovieFragmentHeaderBox.self
        case "tfhd": TrackFragmentHeaderBox.self
        case "tfdt": TrackFragmentDecodeTimeBox.self
        case "trun": TrackRunBox.self
        case "sbgp": SampleToGroupBox.self
        case "sgpd": SampleGroupDescriptionBox.self
        case "saiz": SampleAuxiliarySizesBox.self
        case "saio": SampleAuxiliaryOffsetsBox.self
        case "senc": SampleEncryptionBox.self
        case "frma": OriginalFormatBox.self
        case "schm": SchemeTypeBox.self
        case "tenc": TrackEncryptionBox.self
        default: OpaqueBox.self
        }
    }
}
