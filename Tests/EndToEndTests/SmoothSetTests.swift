import Foundation
import TestSupport
import Testing

/// A set as Expression Encoder and Azure Media Services left them: `.ism`, `.ismc`, `.ismv`, `.ismt`, and what people put
/// beside them.
struct SmoothSet {
    let folder: Folder

    static let clip = Programs.clip("bbb_prog_10s.mp4")

    init(_ folder: Folder) throws {
        self.folder = folder
        try ffmpeg(["-i", Self.clip, "-c", "copy", "-metadata:s:a:0", "language=eng", "-f", "ismv"], "film.ismv")
    }

    private func ffmpeg(_ arguments: [String], _ name: String) throws {
        let outcome = try run(
            Programs.outside("ffmpeg"), ["-v", "error", "-y"] + arguments + [folder.path + "/" + name])
        guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
    }

    /// Text in fragments, whose documents count from each fragment's beginning.
    func germanText(_ name: String = "film.ismt", form: String = "dfxp") throws {
        let document = SmoothTextFile.document
        let file = SmoothTextFile(
            fragments: [
                (0, 4, document(("00:00:01.000", "00:00:03.500", "Hallo<br/>du"))),
                (4, 4, document(("00:00:00.500", "00:00:01.500", "Später"), ("00:00:03.000", "00:00:04.000", "Ende"))),
            ], language: "und", form: form)
        _ = try folder.write(name, file.data)
    }

    /// Text as ffmpeg writes it: one sample.
    func frenchText(_ name: String) throws {
        let lines = try folder.write("lines.srt", Data("1\n00:00:02,000 --> 00:00:03,000\nBonjour\n".utf8))
        try ffmpeg(
            [
                "-i", lines, "-c:s", "ttml", "-tag:s", "dfxp", "-strict", "unofficial", "-metadata:s:s:0",
                "language=fra", "-f", "mp4",
            ], name)
    }

    static func entry(_ name: String, _ file: String, id: Int? = nil, _ more: String = "", _ attributes: String = "")
        -> String
    {
        let track = id.map { "<param name=\"trackID\" value=\"\($0)\" valuetype=\"data\"/>" } ?? ""
        return "<\(name) src=\"\(file)\" systemBitrate=\"1000\" \(attributes)>\(track)\(more)</\(name)>"
    }

    static let film = entry("video", "film.ismv", id: 1) + entry("audio", "film.ismv", id: 2)

    /// - Returns: the server manifest's path.
    func serverManifest(_ entries: String, client: String? = nil, isWide: Bool = false) throws -> String {
        let meta = client.map { "<meta name=\"clientManifestRelativePath\" content=\"\($0)\"/>" } ?? ""
        let text = """
            <?xml version="1.0" encoding="\(isWide ? "utf-16" : "utf-8")"?>
            <smil xmlns="http://www.w3.org/2001/SMIL20/Language">
              <head>\(meta)</head><body><switch>\(entries)</switch></body>
            </smil>
            """
        return try folder.write("film.ism", isWide ? Self.wide(text) : Data(text.utf8))
    }

    func clientManifest(_ streams: String) throws {
        _ = try folder.write(
            "film.ismc",
            Self.wide(
                """
                <?xml version="1.0" encoding="utf-16"?>
                <!--Created with Expression Encoder version 4.0.1651.0-->
                <SmoothStreamingMedia MajorVersion="2" MinorVersion="1" Duration="100000000">\(streams)</SmoothStreamingMedia>
                """))
    }

    /// Text in fragments, in one sample and beside the film, with names and languages from both manifests.
    ///
    /// - Returns: the server manifest's path.
    static func whole(_ folder: Folder) throws -> String {
        let set = try SmoothSet(folder)
        try set.germanText()
        try set.frenchText("french.ismt")
        _ = try set.folder.write("spoken.vtt", Data("WEBVTT\n\n00:05.000 --> 00:06.000\nHi there\n".utf8))
        try set.clientManifest(
            """
            <StreamIndex Type="video" Name="video" Url="QualityLevels({bitrate})/Fragments(video={start time})"/>
            <StreamIndex Type="audio" Name="main" Language="eng"/>
            <StreamIndex Type="text" Name="Untertitel" Language="deu" Subtype="CAPT"/>
            <StreamIndex Type="text" Name="french" Language="ita" Subtype="SUBT"/>
            """)
        return try set.serverManifest(
            entry("video", "film.ismv", id: 1)
                + entry(
                    "audio", "film.ismv", id: 2, #"<param name="trackName" value="main"/>"#, #"systemLanguage="en-US""#)
                + entry("textstream", "film.ismt", id: 1, #"<param name="trackName" value="Untertitel"/>"#)
                + entry(
                    "textstream", "french.ismt", #"<param name="trackName" value="french"/>"#,
                    #"systemLanguage="fre" title="Français""#)
                + entry(
                    "textstream", "spoken.vtt", #"<param name="textDisplayName" value="English"/>"#,
                    #"systemLanguage="en""#)
                + entry("textstream", "cues.ismv", #"<param name="Subtype" value="DATA"/>"#),
            client: "film.ismc", isWide: true)
    }

    /// UTF-16 with its mark, as Windows writes it.
    private static func wide(_ text: String) -> Data {
        Data([0xFF, 0xFE]) + Data(text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    }
}

/// One such set, published in the clear and served.
final class SmoothSetSite: Sendable {
    static let shared = Result { try SmoothSetSite() }

    let data: DataFolder
    let server: RunningServer
    let warnings: [String]
    let trackNames: [String]
    let film: String

    private init() throws {
        data = try DataFolder()
        let manifest = try SmoothSet.whole(data.folder)
        let open = try data.folder.write(
            "clear.yaml",
            Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash, smooth]\nencryption: none\n".utf8))
        try data.must("apply", open)
        let answer = try data.must("asset", "upload", "film", manifest, "--json").json()
        warnings = answer["warnings"] as? [String] ?? []
        trackNames = (answer["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        let published = try data.must("publish", "film", "--delivery", "clear", "--json").json()
        server = try RunningServer(data)
        film = "\(server.origin)/\(published["locator"] as? String ?? "")/film.ism"
    }
}

/// Sets of Smooth Streaming play with their text, languages and names.
@Suite(.waiting) struct SmoothSetTests {
    private func text(_ url: String) throws -> String {
        let answer = try curl(url)
        #expect(answer.status == 200, "\(url)")
        return String(decoding: answer.body, as: UTF8.self)
    }

    @Test func theSetBecomesTracksOfItsLanguages() throws {
        let site = try SmoothSetSite.shared.get()
        #expect(site.trackNames.filter { $0.hasPrefix("audio") }.allSatisfy { $0.hasPrefix("audio-en-us-") })
        #expect(
            site.trackNames.filter { $0.hasPrefix("text") } == [
                "text-en", "text-en-ttml", "text-deu-caption", "text-deu-caption-vtt", "text-fre", "text-fre-vtt",
            ])
        #expect(site.warnings.count == 2, "\(site.warnings)")
        #expect(site.warnings.first?.contains("'cues.ismv' is data and no text to be shown ('DATA'): left out") == true)
        #expect(site.warnings.last?.contains("the language of its text stream 'french' is 'ita', and 'fre'") == true)
    }

    @Test func textPlaysWithItsTimes() throws {
        let site = try SmoothSetSite.shared.get()
        let german =
            try text("\(site.film)/v1/clear/vtt-cmaf/text-deu-caption-vtt/0.vtt")
            + text("\(site.film)/v1/clear/vtt-cmaf/text-deu-caption-vtt/6000.vtt")
        for cue in [
            "00:00:01.000 --> 00:00:03.500\nHallo\ndu", "00:00:04.500 --> 00:00:05.500\nSpäter",
            "00:00:07.000 --> 00:00:08.000\nEnde",
        ] {
            #expect(german.contains(cue), "\(german)")
        }
        #expect(
            try text("\(site.film)/v1/clear/vtt-cmaf/text-fre-vtt/0.vtt")
                .contains("00:00:02.000 --> 00:00:03.000\nBonjour"))
        #expect(
            try text("\(site.film)/v1/clear/vtt-cmaf/text-en/0.vtt")
                .contains("00:00:05.000 --> 00:00:06.000\nHi there"))
    }

    @Test func manifestsNameWhatTheSetNames() throws {
        let site = try SmoothSetSite.shared.get()
        let playlist = try text("\(site.film)/manifest(format=m3u8-cmaf)").split(separator: "\n").map(String.init)
        for (name, language, characteristics) in [
            ("Untertitel", "deu", true), ("Français", "fre", false), ("English", "en", false), ("main", "en-US", false),
        ] {
            let line = try #require(playlist.first { $0.contains("NAME=\"\(name)\"") }, "\(playlist)")
            #expect(line.contains("LANGUAGE=\"\(language)\""))
            #expect(line.contains("transcribes-spoken-dialog") == characteristics)
        }
        let folder = try Folder()
        let file = try folder.write("film.mpd", try curl("\(site.film)/manifest(format=mpd-time-cmaf)").body)
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let checked = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", file],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        #expect(checked.status == 0, "\(checked.errors)")
        let description = try String(contentsOf: folder.url("film.mpd"), encoding: .utf8)
        for label in ["Untertitel", "Français", "English", "main"] {
            #expect(description.contains("<Label>\(label)</Label>"))
        }
        #expect(try text("\(site.film)/manifest").contains("Subtype=\"CAPT\""))
    }

    /// What a set can do without, and what is said of it.
    enum Gap: String, CaseIterable {
        case missingText, missingClient, foreignClient, hugeClient, unknownForm, subRip, picture, wrongTrack
        case fileSaysOtherwise, clientIsAPipe, emptyText, textIsAFolder, textIsALink

        var words: String {
            switch self {
            case .missingText: "film.ism: 'words.ismt' is listed as text and cannot be read: left out"
            case .emptyText: "film.ism: 'words.vtt' is listed as text and is empty: left out"
            case .textIsAFolder: "film.ism: 'words' is listed as text and is no file: left out"
            case .textIsALink: "film.ism: 'words.ttml' is listed as text and is no file: left out"
            case .missingClient: "film.ism: its client manifest 'film.ismc' does not exist: done without"
            case .foreignClient: "film.ismc:1:1: a client manifest begins with 'SmoothStreamingMedia': done without"
            case .hugeClient: "film.ism: its client manifest 'film.ismc' is larger than 16384 KiB: done without"
            case .clientIsAPipe: "film.ism: its client manifest 'film.ismc' is not a file: done without"
            case .unknownForm: "words.ismt: track 1 is text in a form that is not read, 'abcd': left out"
            case .subRip:
                "words.srt: it is listed as text and is neither WebVTT nor TTML: it does not begin as an MP4 file does: left out"
            case .picture: "words.ttml:1: subtitles that are images are not taken: left out"
            case .wrongTrack: "film.ismv: it has no text track 2, which the set names: left out"
            case .fileSaysOtherwise:
                "film.ismv: track 2: its language is 'eng' in the file and 'deu' in the set's list, which counts"
            }
        }

        func make(_ set: SmoothSet) throws -> String {
            func text(_ file: String, id: Int? = nil) throws -> String {
                try set.serverManifest(SmoothSet.film + SmoothSet.entry("textstream", file, id: id))
            }
            switch self {
            case .missingText: return try text("words.ismt")
            case .emptyText:
                _ = try set.folder.write("words.vtt", Data())
                return try text("words.vtt")
            case .textIsAFolder:
                try FileManager.default.createDirectory(
                    at: set.folder.url("words"), withIntermediateDirectories: false)
                return try text("words")
            case .textIsALink:
                let other = try set.folder.write("other.ttml", Data("<tt xmlns=\"http://www.w3.org/ns/ttml\"/>".utf8))
                try FileManager.default.createSymbolicLink(
                    at: set.folder.url("words.ttml"), withDestinationURL: URL(fileURLWithPath: other))
                return try text("words.ttml")
            case .missingClient: return try set.serverManifest(SmoothSet.film, client: "film.ismc")
            case .foreignClient:
                _ = try set.folder.write("film.ismc", Data("<html/>".utf8))
                return try set.serverManifest(SmoothSet.film, client: "film.ismc")
            case .hugeClient:
                _ = try set.folder.write("film.ismc", Data(count: (16 << 20) + 1))
                return try set.serverManifest(SmoothSet.film, client: "film.ismc")
            case .clientIsAPipe:
                #expect(mkfifo(set.folder.path + "/film.ismc", 0o600) == 0)
                return try set.serverManifest(SmoothSet.film, client: "film.ismc")
            case .unknownForm:
                try set.germanText("words.ismt", form: "abcd")
                return try text("words.ismt")
            case .subRip:
                _ = try set.folder.write("words.srt", Data("1\n00:00:01,000 --> 00:00:02,000\na\n".utf8))
                return try text("words.srt")
            case .picture:
                let image =
                    "<tt xmlns=\"http://www.w3.org/ns/ttml\"><body><div><image src=\"a.png\"/></div></body></tt>"
                _ = try set.folder.write("words.ttml", Data(image.utf8))
                return try text("words.ttml")
            case .wrongTrack: return try text("film.ismv", id: 2)
            case .fileSaysOtherwise:
                return try set.serverManifest(
                    SmoothSet.entry("video", "film.ismv", id: 1)
                        + SmoothSet.entry("audio", "film.ismv", id: 2, "", #"systemLanguage="deu""#))
            }
        }
    }

    @Test(arguments: Gap.allCases)
    func setsDoWithoutAndSaySo(gap: Gap) throws {
        let data = try DataFolder()
        let manifest = try gap.make(SmoothSet(data.folder))
        let answer = try data.must("asset", "upload", "film", manifest, "--json").json()
        #expect(answer["warnings"] as? [String] == [gap.words])
        let names = (answer["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(names.count == 2 && !names.contains { $0.hasPrefix("text") })
    }

    /// What must not become a film without its words, unseen.
    enum Damage: String, CaseIterable {
        case cutText, brokenWebVTT, hugeText, hugeManifest, missingFilm, textAlone, filmIsALink

        var exit: Int32 { self == .missingFilm ? 66 : 65 }

        func make(_ set: SmoothSet) throws -> (manifest: String, words: String) {
            switch self {
            case .cutText:
                try set.germanText("words.ismt")
                let whole = try Data(contentsOf: set.folder.url("words.ismt"))
                _ = try set.folder.write("words.ismt", whole.prefix(whole.count - 40))
                return (
                    try set.serverManifest(SmoothSet.film + SmoothSet.entry("textstream", "words.ismt")), "words.ismt"
                )
            case .brokenWebVTT:
                _ = try set.folder.write("words.vtt", Data("WEBVTT\n\n00:01,000 --> 00:02.000\nx\n".utf8))
                return (
                    try set.serverManifest(SmoothSet.film + SmoothSet.entry("textstream", "words.vtt")), "words.vtt:3: "
                )
            case .hugeText:
                _ = try set.folder.write("words.vtt", Data(count: (16 << 20) + 1))
                return (
                    try set.serverManifest(SmoothSet.film + SmoothSet.entry("textstream", "words.vtt")),
                    "words.vtt: it has more than 16777216 bytes"
                )
            case .hugeManifest:
                return (try set.folder.write("film.ism", Data(count: (1 << 20) + 1)), "is larger than 1024 KiB")
            case .filmIsALink:
                let other = set.folder.path + "/other.mp4"
                try FileManager.default.copyItem(atPath: Programs.clip("exo_sample.mp4"), toPath: other)
                try FileManager.default.createSymbolicLink(
                    at: set.folder.url("theirs.mp4"), withDestinationURL: URL(fileURLWithPath: other))
                return (
                    try set.serverManifest(SmoothSet.film + SmoothSet.entry("video", "theirs.mp4")),
                    "is a link or no file"
                )
            case .missingFilm:
                return (try set.serverManifest(SmoothSet.film + SmoothSet.entry("video", "other.ismv")), "other.ismv")
            case .textAlone:
                try set.germanText()
                return (
                    try set.serverManifest(SmoothSet.entry("textstream", "film.ismt")), "lists neither video nor audio"
                )
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func damageIsRefused(damage: Damage) throws {
        let data = try DataFolder()
        let (manifest, words) = try damage.make(SmoothSet(data.folder))
        let outcome = try run(
            Programs.own("keyway"), ["asset", "upload", "film", manifest], environment: data.environment)
        #expect(outcome.status == damage.exit, "\(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(try data.assets() == [])
    }

    /// Names in a manifest are somebody else's: none draws on the terminal or looks like a message of ours.
    @Test(arguments: ["video", "textstream"])
    func namesOfOthersDrawNothing(kind: String) throws {
        let data = try DataFolder()
        let set = try SmoothSet(data.folder)
        let listed = SmoothSet.entry(kind, "a&#x202E;vsi&#x2066;.ismt")
        let outcome = try run(
            Programs.own("keyway"), ["asset", "upload", "film", try set.serverManifest(SmoothSet.film + listed)],
            environment: data.environment)
        #expect(outcome.status == (kind == "video" ? 66 : 0), "\(outcome.errors)")
        let said = outcome.text + outcome.errors
        #expect(said.contains("a\\u{202e}vsi\\u{2066}.ismt"), "\(said)")
        #expect(said.unicodeScalars.allSatisfy { ![0x202E, 0x2066].contains($0.value) })
    }
}
