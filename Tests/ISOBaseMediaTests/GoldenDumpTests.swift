import Foundation
import ISOBaseMedia
import MediaModel
import Testing

/// Segments as text, held against files in Tests/Golden. `KEYWAY_UPDATE_GOLDEN=1` writes the files anew.
@Suite struct GoldenDumpTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/ISOBaseMedia")

    private func check(_ name: String, _ bytes: [UInt8]) throws {
        var options = BoxReadingOptions()
        options.perSampleIVSize = name.contains("cbcs") ? 0 : 8
        let text = try BoxParser.parse(bytes, options: options).map { $0.box.dump() }.joined()
        let file = Self.folder.appending(path: "\(name).txt")
        if ProcessInfo.processInfo.environment["KEYWAY_UPDATE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test func clearVideo() throws {
        try check("video-clear-init", InitializationSegment(track: Samples.video).serialized())
    }

    @Test func shapedVideo() throws {
        var segment = InitializationSegment(track: Samples.video)
        segment.pixelAspectRatio = PixelAspectRatioBox(horizontalSpacing: 4, verticalSpacing: 3)
        segment.colour = ColourInformationBox(
            .codePoints(primaries: 1, transfer: 1, matrix: 1, isFullRange: false))
        try check("video-shaped-init", segment.serialized())
    }

    @Test func cencVideo() throws {
        let segment = InitializationSegment(
            track: Samples.video, protection: Samples.cenc, systemHeaders: [Samples.pssh])
        try check("video-cenc-init", segment.serialized())
    }

    @Test func cbcsVideo() throws {
        try check("video-cbcs-init", InitializationSegment(track: Samples.video, protection: Samples.cbcs).serialized())
    }

    @Test func audio() throws {
        try check("audio-clear-init", InitializationSegment(track: Samples.audio).serialized())
        try check("audio-cenc-init", InitializationSegment(track: Samples.audio, protection: Samples.cenc).serialized())
    }

    @Test func fragments() throws {
        let media = [UInt8](repeating: 0, count: 9730)
        try check("video-clear-fragment", Samples.fragment(Samples.pictures).header() + media)
        try check("video-cenc-fragment", Samples.fragment(Samples.pictures, Samples.pictureEncryption).header() + media)
        let empty = SampleEncryptionBox(
            samples: Samples.frames.map { _ in .init(initializationVector: [], subsamples: []) })
        try check("audio-cbcs-fragment", Samples.fragment(Samples.frames, empty).header() + media.prefix(1026))
    }

    @Test(
        arguments: [
            ("und", "und", nil), ("en", "eng", "en"), ("en-GB", "eng", "en-GB"), ("deu", "deu", nil),
            ("tlh", "tlh", nil), ("qq", "und", "qq"),
        ] as [(String, String, String?)])
    func languages(tag: String, packed: String, extended: String?) throws {
        var track = Samples.audio
        track.language = tag
        let media = try #require(InitializationSegment(track: track).moov.descendant("trak", "mdia"))
        let header = try #require(media.first(MediaHeaderBox.self))
        #expect(header.fields.contains(BoxField("language", packed)))
        #expect(media.first(ExtendedLanguageBox.self)?.tag == extended)
    }
}
