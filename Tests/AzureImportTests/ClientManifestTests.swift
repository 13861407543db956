import AzureImport
import Markup
import MediaModel
import Testing

/// Client manifests say what the server manifests of their sets leave open. They are never what a set fails by.
@Suite struct ClientManifestTests {
    private func client(_ streams: String) throws -> ClientManifest {
        try ClientManifest(
            Array(
                """
                <?xml version="1.0" encoding="utf-16"?>
                <!--Created with Expression Encoder version 2.1.1216.0-->
                <SmoothStreamingMedia MajorVersion="2" MinorVersion="0" Duration="100000000">\(streams)</SmoothStreamingMedia>
                """.utf8))
    }

    /// The tracks of `film.ismv` after the client manifest has been read, and what is said.
    private func completed(_ entries: String, _ streams: String) throws -> ([ListedTrack], [String]) {
        var server = try ServerManifest(
            Array("<smil><body><video src='film.ismv'/>\(entries)</body></smil>".utf8))
        let notes = server.complete(from: try client(streams))
        return (server.sources.flatMap(\.tracks).filter { $0.kind != .video }, notes)
    }

    private static let fragments = "<QualityLevel Index='0' Bitrate='1000' FourCC='TTML'/><c t='0' d='60000000'/>"

    @Test func saysWhatTheServerManifestLacks() throws {
        let (tracks, notes) = try completed(
            """
            <audio src='a.ismv'><param name='trackName' value='Kommentar'/></audio>
            <audio src='b.ismv'><param name='trackName' value='main'/></audio>
            <textstream src='c.ismt' systemLanguage='de'/>
            <textstream src='d.ismt' systemLanguage='fre' title='Pour tous'/>
            """,
            """
            <StreamIndex Type="video" Name="video" Url="x"/>
            <StreamIndex Type="audio" Name="main" Language="eng"/>
            <StreamIndex Type="audio" Name="Kommentar" Language="ger" Subtype="DESC"/>
            <StreamIndex Type="text" Name="Untertitel" Language="deu" Subtype="CAPT">\(Self.fragments)</StreamIndex>
            <StreamIndex Type="Text" Name="textstream" Language="fr-FR" Subtype="SUBT"/>
            """)
        #expect(
            tracks == [
                .init(
                    .audio, language: "ger", label: "Kommentar", trackName: "Kommentar", role: .audio(.description)),
                .init(.audio, language: "eng", label: "main", trackName: "main"),
                .init(.text, language: "de", label: "Untertitel", role: .text(.caption)),
                .init(.text, language: "fre", label: "Pour tous", role: .text(.subtitle)),
            ])
        #expect(notes == [])
    }

    @Test func theOnlyOneOfItsKindNeedsNoName() throws {
        let (tracks, notes) = try completed(
            "<textstream src='c.ismt'/>",
            "<StreamIndex Type='text' Name='ClosedCaptions' Subtype='CAPT' Language='en-us'/>")
        #expect(tracks == [.init(.text, language: "en-us", label: "ClosedCaptions", role: .text(.caption))])
        #expect(notes == [])
    }

    static let contradictions: [(entries: String, streams: String, words: [String])] = [
        (
            "<audio src='a.ismv' systemLanguage='eng'><param name='trackName' value='x'/></audio>",
            "<StreamIndex Type='audio' Name='x' Language='deu'/>",
            ["audio stream 'x'", "'deu'", "'eng'", "'a.ismv'", "counts"]
        ),
        (
            "<textstream src='c.ismt' systemLanguage='en'><param name='subtype' value='SUBT'/></textstream>",
            "<StreamIndex Type='text' Subtype='CAPT'/>", ["'CAPT'", "'c.ismt'", "counts"]
        ),
        ("", "<StreamIndex Type='text' Name='Inside' Subtype='CAPT'/>", ["text stream 'Inside'", "passed over"]),
        ("", "<StreamIndex Type='text' Name='Marks' Subtype='CHAP'/>", ["text stream 'Marks'", "data", "passed over"]),
        (
            "<textstream src='c.ismt'/><textstream src='d.ismt'/>", "<StreamIndex Type='text' Name='x'/>",
            ["text stream 'x'", "passed over"]
        ),
        (
            "<textstream src='c.ismt' systemLanguage='en'/>", "<StreamIndex Type='text' Language='../../etc'/>",
            ["Language '../../etc'", "is no language"]
        ),
        ("", "<StreamIndex Type='smell'/>", ["neither video nor audio nor text"]),
        ("", "<StreamIndex/>", ["neither video nor audio nor text"]),
    ]

    @Test(arguments: contradictions)
    func theServerManifestCounts(entries: String, streams: String, words: [String]) throws {
        let before = try completed(entries, "").0
        let (tracks, notes) = try completed(entries, streams)
        #expect(tracks.map(\.language) == before.map(\.language))
        #expect(tracks.map(\.role) == before.map(\.role))
        #expect(notes.count == 1)
        for words in words { #expect(notes.first?.contains(words) == true, "\(notes)") }
    }

    @Test(arguments: [
        "", "<smil/>", "<SmoothStreamingMedia>", "<!DOCTYPE a><SmoothStreamingMedia/>",
        "<SmoothStreamingMedia>\(String(repeating: "<StreamIndex Type='text'/>", count: 300))</SmoothStreamingMedia>",
        "<SmoothStreamingMedia><StreamIndex Type='text'>\(String(repeating: "<c/>", count: 200_001))</StreamIndex></SmoothStreamingMedia>",
        "<SmoothStreamingMedia>\(String(repeating: "<a>", count: 1000))",
    ])
    func othersAreRefused(text: String) {
        #expect(throws: MarkupError.self) { try ClientManifest(Array(text.utf8)) }
    }

    @Test func aDayOfFragmentsIsRead() throws {
        let fragments = String(repeating: "<c d='20000000'/>", count: 43_200)
        let read = try client("<StreamIndex Type='audio' Language='eng'>\(fragments)</StreamIndex>")
        var server = try ServerManifest(Array("<smil><audio src='a.ismv'/></smil>".utf8))
        #expect(server.complete(from: read) == [])
        #expect(server.sources[0].tracks[0].language == "eng")
        #expect(throws: MarkupError.self) {
            try ClientManifest([UInt8](repeating: 0x20, count: ClientManifest.longest + 1))
        }
    }
}
