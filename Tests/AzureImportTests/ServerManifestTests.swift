import AzureImport
import Markup
import Testing

/// Server manifests say which files an asset has; they come with the files, from anywhere.
@Suite struct ServerManifestTests {
    private func manifest(_ body: String, before: String = "") throws -> ServerManifest {
        try ServerManifest(
            Array("\(before)<smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\"><body>\(body)</body></smil>".utf8))
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
              <textstream src="film.ismt"/>
            </switch>
            """)
        #expect(
            read.sources == [
                .init(file: "film_3000.ismv", tracks: [.video(id: 2), .audio(id: 1)]),
                .init(file: "film_1000.ismv", tracks: [.video(id: 2)]),
            ])
        #expect(read.leftOut == ["film.ismt"])
    }

    @Test func aManifestWrittenByHand() throws {
        let read = try manifest(
            "<switch><audio src='a.mp4' title='English'/><video src='a.mp4'/><video src='b.mp4'/></switch>")
        #expect(
            read.sources == [
                .init(file: "a.mp4", tracks: [.audio(id: nil), .video(id: nil)]),
                .init(file: "b.mp4", tracks: [.video(id: nil)]),
            ])
    }

    @Test(arguments: [
        "<video src='../film.mp4'/>", "<video src='/etc/passwd'/>", "<video src='..'/>", "<video src=''/>", "<video/>",
        "<video src='a\\b.mp4'/>", "<video src='a&#10;b.mp4'/>", "<video src='a&#9;b.mp4'/>", "<switch/>",
        "<textstream src='a.ismt'/>", "<video src='a.mp4'><param name='trackID' value='x'/></video>",
        "<video src='a.mp4'><param name='trackID' value='0'/></video>",
        "<video src='a.mp4'><param name='trackID' value='99999999999'/></video>", "<video src='a.mp4'>",
    ])
    func othersAreRefused(body: String) {
        #expect(throws: MarkupError.self) { try manifest(body) }
    }

    @Test func hostileDocumentsAreRefused() {
        let types = "<!DOCTYPE smil [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
        #expect(throws: MarkupError.self) { try manifest("<video src='&a;'/>", before: types) }
        #expect(throws: MarkupError.self) { try manifest("<video src='a.mp4'/>", before: types) }
        #expect(throws: MarkupError.self) { try manifest(String(repeating: "<video src='a.mp4'/>", count: 300)) }
        #expect(throws: MarkupError.self) { try manifest(String(repeating: "<switch>", count: 100_000)) }
        #expect(throws: MarkupError.self) { try ServerManifest(Array("<mpd/>".utf8)) }
        #expect(throws: MarkupError.self) { try ServerManifest([]) }
    }
}
