public import MediaModel

/// The init segment of a track: everything a player must have before the first fragment (ISO/IEC 23000-19, 7.3.2.3).
///
/// One track a file, no edit list: every timeline starts at zero. The same description gives the same bytes.
public struct InitializationSegment: Sendable {
    public var track: TrackDescription
    /// Nil for a clear track.
    public var protection: TrackProtection?
    public var systemHeaders: [ProtectionSystemHeader]
    /// Whether `stsd` has the clear form of a protected track as well, behind the protected one: fragments of a clear lead
    /// are of it (`MovieFragment.DescriptionEntry`).
    public var hasClearEntry: Bool
    /// At first the description's; nil: square pixels.
    public var pixelAspectRatio: PixelAspectRatioBox?
    /// Nil: as the coded video says.
    public var colour: ColourInformationBox?

    public init(
        track: TrackDescription, protection: TrackProtection? = nil, systemHeaders: [ProtectionSystemHeader] = [],
        hasClearEntry: Bool = false
    ) {
        self.track = track
        self.protection = protection
        self.systemHeaders = systemHeaders
        self.hasClearEntry = hasClearEntry
        pixelAspectRatio = track.video?.pixelShape.map {
            PixelAspectRatioBox(horizontalSpacing: $0.horizontal, verticalSpacing: $0.vertical)
        }
    }

    /// `ftyp` and `moov`.
    public func serialized() -> [UInt8] {
        let moov = moov
        var output = ByteOutput(capacity: FileTypeBox.track.size + moov.size)
        FileTypeBox.track.write(to: &output)
        moov.write(to: &output)
        return output.bytes
    }

    /// The movie box without samples.
    public var moov: ContainerBox {
        let trackID = TrackDescription.trackID
        return ContainerBox(
            "moov",
            [
                MovieHeaderBox(timescale: track.timescale, nextTrackID: trackID + 1),
                ContainerBox("trak", [trackHeader, media(0, sampleTable)]),
                ContainerBox("mvex", [TrackExtendsBox(trackID: trackID)]),
            ] + systemHeaders)
    }

    /// The track in a file that is not fragmented.
    func progressiveTrack(
        _ layout: ProgressiveTrack, id: UInt32, places: [UInt64], isLong: Bool, movieTimescale: UInt32
    ) -> ContainerBox {
        var header = trackHeader
        header.trackID = id
        header.duration = layout.end(in: movieTimescale)
        let edits = layout.edits(in: movieTimescale)
        let editBox: [any Box] = edits.isEmpty ? [] : [ContainerBox("edts", [EditListBox(edits)])]
        return ContainerBox(
            "trak",
            [header] + editBox
                + [media(layout.duration, layout.sampleTable(sampleEntry(under: nil), places, isLong: isLong))])
    }

    private var trackHeader: TrackHeaderBox {
        switch track.kind {
        case .video:
            TrackHeaderBox(
                trackID: TrackDescription.trackID, width: displayWidth, height: displayHeight,
                matrix: TransformationMatrix(
                    turned: track.video?.rotation ?? 0, width: displayWidth, height: displayHeight))
        case .audio: TrackHeaderBox(trackID: TrackDescription.trackID, volume: 0x0100)
        case .text, .image: TrackHeaderBox(trackID: TrackDescription.trackID)
        }
    }

    /// Width when shown, as 16.16 fixed point: coded width times the shape of a pixel.
    private var displayWidth: UInt32 {
        let coded = UInt64(clamping: track.video?.width ?? 0) << 16
        guard let ratio = pixelAspectRatio, ratio.verticalSpacing > 0 else { return UInt32(clamping: coded) }
        let scaled = coded.multipliedReportingOverflow(by: UInt64(ratio.horizontalSpacing))
        return scaled.overflow ? .max : UInt32(clamping: scaled.partialValue / UInt64(ratio.verticalSpacing))
    }

    private var displayHeight: UInt32 {
        UInt32(clamping: UInt64(clamping: track.video?.height ?? 0) << 16)
    }

    private func media(_ duration: UInt64, _ table: ContainerBox) -> ContainerBox {
        let language = LanguageCode.packed(tag: track.language)
        let header = MediaHeaderBox(timescale: track.timescale, duration: duration, packedLanguage: language)
        let tag: [any Box] =
            LanguageCode.unpacked(language) == track.language ? [] : [ExtendedLanguageBox(tag: track.language)]
        return ContainerBox("mdia", [header, handler] + tag + [mediaInformation(table)])
    }

    private var handler: HandlerBox {
        switch track.kind {
        case .video: HandlerBox(handler: "vide", name: "video")
        case .audio: HandlerBox(handler: "soun", name: "audio")
        // ISO/IEC 14496-30, 6.2 and 5.2.
        case .text: HandlerBox(handler: track.codec.sampleEntry == "stpp" ? "subt" : "text", name: "text")
        // Still pictures leave as files; this is what ISO/IEC 23008-12 would call them.
        case .image: HandlerBox(handler: "pict", name: "image")
        }
    }

    private func mediaInformation(_ table: ContainerBox) -> ContainerBox {
        let header: any Box =
            switch track.kind {
            case .video, .image: VideoMediaHeaderBox()
            case .audio: SoundMediaHeaderBox()
            case .text: TextMediaHeaderBox(of: track.codec.sampleEntry)
            }
        return ContainerBox("minf", [header, ContainerBox("dinf", [DataReferenceBox()]), table])
    }

    private var sampleTable: ContainerBox {
        ContainerBox(
            "stbl",
            [
                SampleDescriptionBox(sampleEntries), TimeToSampleBox(), SampleToChunkBox(), SampleSizeBox(),
                ChunkOffsetBox(),
            ])
    }

    private var sampleEntries: [any Box] {
        let hasBoth = hasClearEntry && protection != nil
        return [sampleEntry(under: protection)] + (hasBoth ? [sampleEntry(under: nil)] : [])
    }

    private func sampleEntry(under protection: TrackProtection?) -> any Box {
        let format = track.codec.sampleEntry
        let protectionBoxes: [any Box] = protection.map { [$0.box(originalFormat: format)] } ?? []
        let children = [decoderConfiguration] + keptBoxes + protectionBoxes
        switch track.kind {
        case .video:
            return VisualSampleEntry(
                protection == nil ? format : "encv", width: UInt16(clamping: track.video?.width ?? 0),
                height: UInt16(clamping: track.video?.height ?? 0), children: children)
        case .image:
            return VisualSampleEntry(
                format, width: UInt16(clamping: track.image?.sheetWidth ?? 0),
                height: UInt16(clamping: track.image?.sheetHeight ?? 0), children: [])
        case .audio:
            var entry = AudioSampleEntry(
                protection == nil ? format : "enca", channelCount: UInt16(clamping: track.audio?.channelCount ?? 0),
                sampleRate: writtenSampleRate, children: children)
            if let bits = track.audio?.bitsPerSample { entry.bitsPerSample = UInt16(clamping: bits) }
            return entry
        case .text:
            let configuration = track.codec.decoderSpecific
            return format == "stpp"
                ? XMLSubtitleSampleEntry(names: configuration)
                : WebVTTSampleEntry(header: configuration, label: "urn:keyway:\(track.name)")
        }
    }

    /// 16 bits of hertz. FLAC halves a rate that is too large until it fits (Encapsulation of FLAC, 3.3.1); others leave
    /// it to the decoder's configuration.
    private var writtenSampleRate: UInt16 {
        var rate = track.audio?.sampleRate ?? 0
        while track.codec.sampleEntry == "fLaC", rate > Int(UInt16.max) { rate /= 2 }
        return UInt16(exactly: rate) ?? 0
    }

    /// What the sample entry held in the source, and what was said beside the description and is not among that.
    private var keptBoxes: [any Box] {
        let kept = track.codec.boxes
        let said: [(any Box)?] = track.kind == .video ? [pixelAspectRatio, colour] : []
        return said.compactMap { $0 }.filter { box in !kept.contains { $0.type == box.type } }
            + kept.map { OpaqueBox($0.type, payload: $0.payload) }
    }

    private var decoderConfiguration: any Box {
        let bytes = track.codec.decoderSpecific
        switch track.codec.sampleEntry {
        case "mp4a":
            return ElementaryStreamDescriptorBox(
                maximumBitrate: UInt32(clamping: track.peakBitrate),
                averageBitrate: UInt32(clamping: track.averageBitrate), decoderSpecific: bytes)
        case let entry: return OpaqueBox(DecoderConfigurationBox.type(in: entry), payload: bytes)
        }
    }
}
