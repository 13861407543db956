import CodecSyntax
import MediaModel

extension TrackCodec {
    /// `ac-3` (ETSI TS 102 366, F.3).
    static func ac3(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("dac3")
        let configuration = try AC3Configuration(parsing: record)
        return dolby(entry, record, box: "dac3", configuration.sampleRate, configuration.channels)
    }

    /// `ec-3` (ETSI TS 102 366, F.5).
    static func eac3(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("dec3")
        let configuration = try EAC3Configuration(parsing: record)
        return dolby(
            entry, record, box: "dec3", configuration.sampleRate, configuration.channels,
            objects: configuration.objectComplexity)
    }

    private static func dolby(
        _ entry: SampleEntryContent, _ record: [UInt8], box: FourCC, _ sampleRate: Int, _ channels: DolbyChannels,
        objects: Int? = nil
    ) -> TrackCodec {
        TrackCodec(
            audio: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: record, codecString: "\(entry.format)",
                boxes: entry.boxes(without: box)),
            AudioFormat(
                sampleRate: sampleRate, channelCount: channels.count, channelConfiguration: channels.loudspeakerLayout,
                dolbyChannels: channels.field, objectComplexity: objects))
    }

    /// `Opus` (Encapsulation of Opus in ISO base media file format, 4.3.1).
    static func opus(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("dOps")
        let configuration = try OpusConfiguration(parsing: record)
        return TrackCodec(
            audio: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: record, codecString: "opus",
                boxes: entry.boxes(without: "dOps")),
            AudioFormat(
                sampleRate: OpusConfiguration.sampleRate, channelCount: configuration.channelCount,
                channelConfiguration: configuration.loudspeakerLayout))
    }

    /// `fLaC` (Encapsulation of FLAC in ISO base media file format, 3.3.1).
    static func flac(_ entry: SampleEntryContent) throws -> TrackCodec {
        let record = try entry.payload("dfLa")
        let configuration = try FLACConfiguration(parsing: record)
        return TrackCodec(
            audio: CodecConfiguration(
                sampleEntry: entry.format, decoderSpecific: record, codecString: "fLaC",
                boxes: entry.boxes(without: "dfLa")),
            AudioFormat(
                sampleRate: configuration.sampleRate, channelCount: configuration.channelCount,
                channelConfiguration: configuration.loudspeakerLayout,
                bitsPerSample: configuration.bitsPerSample == 16 ? nil : configuration.bitsPerSample))
    }
}
