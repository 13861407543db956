import ISOBaseMedia
import MediaModel

/// A sample entry taken apart.
struct SampleEntryContent {
    let format: FourCC
    let children: [any Box]
    private let visual: VisualSampleEntry?
    private let audio: AudioSampleEntry?

    init(_ entry: any Box) throws(TrackCodecError) {
        format = entry.type
        children = entry.children
        visual = entry as? VisualSampleEntry
        audio = entry as? AudioSampleEntry
        guard !children.contains(where: { $0.type == "sinf" }) else {
            throw TrackCodecError(.encrypted, "the source is already encrypted")
        }
    }

    /// The payload of a box that must be there exactly once.
    func payload(_ type: FourCC) throws(TrackCodecError) -> [UInt8] {
        let found = children.filter { $0.type == type }
        guard let box = found.first, found.count == 1 else {
            throw TrackCodecError(.damaged, "sample entry '\(format)' has \(found.count) boxes '\(type)', not one")
        }
        return Self.payload(box)
    }

    /// The payload of the first box of a type, if there is one.
    func optionalPayload(_ type: FourCC) -> [UInt8]? {
        children.first { $0.type == type }.map(Self.payload)
    }

    /// Every box but these.
    func boxes(without types: FourCC...) -> [SampleEntryBox] {
        children.filter { !types.contains($0.type) }.map { SampleEntryBox(type: $0.type, payload: Self.payload($0)) }
    }

    /// Width and height that the entry gives, for configurations that do not.
    func size() throws(TrackCodecError) -> (width: Int, height: Int) {
        guard let visual else { throw TrackCodecError(.damaged, "sample entry '\(format)' is not one of video") }
        return (Int(visual.width), Int(visual.height))
    }

    /// What the entry gives of sound, for configurations that do not; a rate of zero is one that does not fit.
    func sound() throws(TrackCodecError) -> (channelCount: Int, sampleRate: Int, bitsPerSample: Int) {
        guard let audio else { throw TrackCodecError(.damaged, "sample entry '\(format)' is not one of audio") }
        return (Int(audio.channelCount), Int(audio.sampleRate), Int(audio.bitsPerSample))
    }

    /// What `colr` says in code points.
    var colour: VideoColour? {
        for case let box as ColourInformationBox in children {
            if case .codePoints(let primaries, let transfer, let matrix, let isFullRange) = box.content {
                return VideoColour(primaries: primaries, transfer: transfer, matrix: matrix, isFullRange: isFullRange)
            }
        }
        return nil
    }

    /// What `pasp` says, unless the pixels are square.
    var pixelShape: PixelShape? {
        for case let box as PixelAspectRatioBox in children {
            guard box.horizontalSpacing > 0, box.verticalSpacing > 0, box.horizontalSpacing != box.verticalSpacing
            else { return nil }
            return PixelShape(horizontal: box.horizontalSpacing, vertical: box.verticalSpacing)
        }
        return nil
    }

    private static func payload(_ box: any Box) -> [UInt8] {
        Array(box.serialized().dropFirst(8))
    }
}
