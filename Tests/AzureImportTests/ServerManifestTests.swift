import AzureImport
import Markup
import MediaModel
import Testing

/// Server manifests say which files an asset has, and what their tracks are; they come with the files, from anywhere.
@Suite struct ServerManifestTests {
    private func manifest(_ body: String, before: String = "", head: String = "") throws -> ServerManifest {
        try ServerManifest(
            Array(
                "\(before)<smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\">\(head)<body>\(body)</body></smil>"
                    .utf8))
    }

    @Test func anEncodersManifest() throws {
        let read = try manifest(
            """
            <switch>
              <video src="film_3000.ismv" systemBitrate="2962000">
                <param name="trackID" value="2" valuetype="data"/>
              </video>
              <video src="film_1000.ismv" systemBitrate="991000"><param name="trackID" value="2"/></video>
              <audio src="film_3000.ismv" systemBitrate="128000" systemLanguage="eng">
                <param name="trackID" value="1" valuetype="data"/>
                <param name="trackName" value="audio_eng" valuetype="data"/>
              </audio>
              <textstream src="film.ismt" systemBitrate="1000" systemLanguage="deu">
                <param name="trackID" value="1"/><param name="trackName" value="captions"/>
              </textstream>
            </switch>
            """, head: "<head><meta name=\"clientManifestRelativePath\" content=\"film.ismc\"/></head>")
        #expect(
            read.sources == [
                .init(
                    file: "film_3000.ismv",
                    tracks: [
                        .init(.video, id: 2),
                        .init(.audio, id: 1, language: "eng", label: "audio_eng", trackName: "audio_eng"),
                    ]),
                .init(file: "film_1000.ismv", tracks: [.init(.video, id: 2)]),
                .init(
                    file: "film.ismt",
                    tracks: [.init(.text, id: 1, language: "deu", label: "captions", trackName: "captions")]),
            ])
        #expect(read.clientManifest == "film.ismc")
        #expect(read.notes == [])
    }

    /// As Azure Media Services' guides have them edited by hand.
    @Test func aManifestWrittenByHand() throws {
        let read = try manifest(
            """
            <switch>
              <audio src='a.mp4' title='English'/><video src='a.mp4'/><video src='b.mp4'/>
              <audio src='described.m4a' systemLanguage='eng'><param name='trackName' value='aac_eng_audio_description'/>
                <param name='accessibility' value='description'/><param name='role' value='alternate'/></audio>
              <textstream src='spanish.vtt' systemBitrate='0'><param name='textDisplayName' value='Español'/></textstream>
            </switch>
            """)
        #expect(
            read.sources == [
                .init(file: "a.mp4", tracks: [.init(.audio, label: "English"), .init(.video)]),
                .init(file: "b.mp4", tracks: [.init(.video)]),
                .init(
                    file: "described.m4a",
                    tracks: [
                        .init(
                            .audio, language: "eng", label: "aac_eng_audio_description",
                            trackName: "aac_eng_audio_description", role: .audio(.description))
                    ]),
                .init(file: "spanish.vtt", tracks: [.init(.text, label: "Español")]),
            ])
        #expect(read.clientManifest == nil)
    }

    /// Expression Encoder writes UTF-16, and so says what is UTF-8 after a copy.
    @Test(arguments: ["utf-8", "utf-16le", "utf-16be"], [true, false])
    func everyEncodingOfItsWriters(encoding: String, hasDeclaration: Bool) throws {
        let text =
            (hasDeclaration
                ? "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<!--Created with Expression Encoder-->" : "")
            + "<smil><body><switch><video src=\"ä.ismv\"/></switch></body></smil>"
        let bytes: [UInt8] =
            switch encoding {
            case "utf-16le": [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
            case "utf-16be": [0xFE, 0xFF] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
            default: Array(text.utf8)
            }
        #expect(try ServerManifest(bytes).sources == [.init(file: "ä.ismv", tracks: [.init(.video)])])
    }

    @Test(arguments: [
        "<video src='../film.mp4'/>", "<video src='/etc/passwd'/>", "<video src='..'/>", "<video src=''/>", "<video/>",
        "<video src='a\\b.mp4'/>", "<video src='a&#10;b.mp4'/>", "<video src='a&#9;b.mp4'/>", "<switch/>",
        "<textstream src='a.ismt'/>", "<video src='a.mp4'><param name='trackID' value='x'/></video>",
        "<video src='a.mp4'><param name='trackID' value='0'/></video>",
        "<video src='a.mp4'><param name='trackID' value='99999999999'/></video>", "<video src='a.mp4'>",
        "<video src='a.mp4'/><textstream src='../words.ismt'/>", "<video src='a.mp4'/><textstream/>",
        "<video src='a.mp4'/><textstream src='b.ismt'><param name='trackID' value='-1'/></textstream>",
    ])
    func othersAreRefused(body: String) {
        #expect(throws: MarkupError.self) { try manifest(body) }
    }

    static let passedOver: [(body: String, words: [String])] = [
        ("<audio src='a.mp4' systemLanguage='english'/>", ["systemLanguage 'english'", "'a.mp4'", "passed over"]),
        ("<audio src='a.mp4' systemLanguage='e n'/>", ["systemLanguage 'e n'"]),
        ("<audio src='a.mp4' systemLanguage='\(String(repeating: "x", count: 5000))'/>", ["systemLanguage 'xxx"]),
        (
            "<audio src='a.mp4' title='A'/><audio src='a.mp4' title='B'/>",
            ["'a.mp4'", "its first audio track", "counts"]
        ),
        (
            "<textstream src='cues.ismv'><param name='Subtype' value='DATA'/></textstream>",
            ["'cues.ismv' is data", "'DATA'", "left out"]
        ),
        ("<ref src='poster.jpg'/>", ["'poster.jpg' is neither video nor audio nor text: left out"]),
    ]

    @Test(arguments: passedOver)
    func whatSaysNothingIsPassedOverWithItsPlace(body: String, words: [String]) throws {
        let read = try manifest("<video src='film.mp4'/>\n" + body)
        let note = try #require(read.notes.first)
        #expect(read.notes.count == 1 && note.hasPrefix("2:") && note.utf8.count < 300)
        for words in words { #expect(note.contains(words), "\(note)") }
        #expect(read.sources.flatMap(\.tracks).allSatisfy { $0.language == nil })
        #expect(read.sources.first == .init(file: "film.mp4", tracks: [.init(.video)]))
    }

    @Test(arguments: ["../film.ismc", "/etc/passwd", "a/b.ismc", "..", "a&#10;.ismc"])
    func aClientManifestElsewhereIsNotRead(path: String) throws {
        let read = try manifest(
            "<video src='a.mp4'/>",
            head: "<head><meta name='clientManifestRelativePath' content='\(path)'/></head>")
        #expect(read.clientManifest == nil)
        #expect(read.notes.count == 1 && read.notes[0].hasSuffix("beside the server manifest: not read"))
    }

    /// Names that repeat what a track is say nothing to people.
    @Test(
        arguments: zip(
            ["audio_eng", "English", "aac_eng_2_128041_2_1", "audio", "textstream", "aac_eng_2_", "a\u{7}b"],
            ["audio_eng", "English", nil, nil, nil, "aac_eng_2_", nil]))
    func labelsAreForPeople(name: String, label: String?) throws {
        let character = name == "a\u{7}b" ? "a&#x85;b" : name
        let read = try manifest(
            "<video src='v.mp4'><param name='trackName' value='Main'/></video>"
                + "<audio src='a.mp4'><param name='trackName' value='\(character)'/></audio>")
        #expect(read.sources.map { $0.tracks[0].label } == [nil, label])
    }

    @Test func hostileDocumentsAreRefused() {
        let types = "<!DOCTYPE smil [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
        #expect(throws: MarkupError.self) { try manifest("<video src='&a;'/>", before: types) }
        #expect(throws: MarkupError.self) { try manifest("<video src='a.mp4'/>", before: types) }
        #expect(throws: MarkupError.self) { try manifest(String(repeating: "<video src='a.mp4'/>", count: 300)) }
        #expect(throws: MarkupError.self) { try manifest(String(repeating: "<switch>", count: 100_000)) }
        #expect(throws: MarkupError.self) { try ServerManifest(Array("<mpd/>".utf8)) }
        #expect(throws: MarkupError.self) { try ServerManifest([]) }
        #expect(throws: MarkupError.self) { try ServerManifest([0xFF, 0xFE, 0x3C]) }
        #expect(throws: MarkupError.self) { try ServerManifest(Array("<?xml encoding=\"utf-16\"".utf8)) }
    }
}
