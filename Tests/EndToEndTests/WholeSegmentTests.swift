import Foundation
import TestSupport
import Testing

/// The forms whose whole segments are encrypted, and the muxed one, which has no other encryption.
@Suite(.waiting) struct WholeSegmentTests {
    let forms: FormsSite
    let site: Site

    init() throws {
        forms = try FormsSite.shared.get()
        site = forms.site
    }

    @Test(arguments: ["m3u8-aapl-v3", "m3u8-aapl", "m3u8-cmaf"])
    func playlistsFollowTheRules(format: String) throws {
        for root in [forms.clear, forms.envelope] {
            let seen = try PlaylistTests.check("\(root)/manifest(format=\(format))")
            #expect(seen.versions == (format == "m3u8-aapl-v3" ? [3] : format == "m3u8-aapl" ? [3, 4] : [7]))
        }
    }

    @Test func muxedSegmentsHaveTheSourcesFrames() throws {
        let token = ["-headers", "Authorization: Bearer \(site.token)\r\n"]
        for stream in ["0:v:0", "0:a:0"] {
            let track = stream == "0:v:0" ? Site.video[0] : Site.audio
            let expected = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/ts/\(track)/media.m3u8"], "0")
            #expect(!expected.isEmpty)
            let clear = "\(forms.clear)/v1/clear/ts-muxed/\(FormsSite.mux)/media.m3u8"
            #expect(try FormsSite.frames(["-i", clear], stream) == expected)
            let protected = "\(forms.envelope)/v1/cbc/ts-muxed/\(FormsSite.mux)/media.m3u8"
            #expect(try FormsSite.frames(token + ["-i", protected], stream) == expected)
        }
    }

    /// Pictures and sound are in step as they are in forms of their own.
    @Test func muxedTimesAreThoseOfTheTracks() throws {
        func times(_ playlist: String, _ stream: String) throws -> [Double] {
            let text = try run(
                Programs.outside("ffprobe"),
                [
                    "-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0",
                    playlist,
                ]
            ).text
            // ffprobe gives some frames of the first PES packet of sound the time of the packet.
            let all = Set(text.split(separator: "\n").compactMap { Double($0.split(separator: ",")[0]) }).sorted()
            return all.filter { $0 == all[0] || $0 > all[0] + 0.2 }
        }
        let muxed = "\(forms.clear)/v1/clear/ts-muxed/\(FormsSite.mux)/media.m3u8"
        for (stream, track) in [("v:0", Site.video[0]), ("a:0", Site.audio)] {
            let own = try times("\(forms.clear)/v1/clear/ts/\(track)/media.m3u8", stream)
            #expect(own.count > 100)
            #expect(try times(muxed, stream) == own)
        }
    }

    @Test(arguments: ["m3u8-aapl-v3", "m3u8-cmaf"])
    func ytDlpDownloads(format: String) throws {
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("yt-dlp"),
            [
                "-q", "--add-headers", "Authorization: Bearer \(site.token)", "-o", folder.path + "/film.mp4",
                "\(forms.envelope)/manifest(format=\(format))",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try FormsSite.frames(["-i", folder.path + "/film.mp4"], "0:v").count == 132)
    }

    @Test(arguments: Site.video + [Site.audio])
    func fragmentsUnderAES128ThroughFFmpeg(track: String) throws {
        let clear = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/cmaf/\(track)/media.m3u8"], "0")
        let decrypted = try FormsSite.frames(
            [
                "-headers", "Authorization: Bearer \(site.token)\r\n", "-i",
                "\(forms.envelope)/v1/cbc/cmaf/\(track)/media.m3u8",
            ], "0")
        #expect(!clear.isEmpty)
        #expect(decrypted == clear)
    }

    /// By OpenSSL with the IVs of the manifest, DASH segments are the clear ones to the byte; every IV is another one, over
    /// all forms.
    @Test(arguments: ["mpd-time-csf", "mpd-time-cmaf"])
    func dashSegmentEncryptionIsDecryptedByOpenSSL(format: String) throws {
        let folder = try Folder()
        let file = try folder.write("film.mpd", try curl("\(forms.envelope)/manifest(format=\(format))").body)
        func values(_ path: String) throws -> [String] {
            try run(Programs.outside("xmllint"), ["--nonet", "--xpath", path, file]).text.split(separator: "\n")
                .compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
        }
        let track = Site.video[0]
        let periods = "//*[@id='\(track)']//*[local-name()='CryptoPeriod']"
        let vectors = try values(periods + "/@IV").map { String($0.dropFirst(2)) }
        #expect(try values(periods + "/@startOffset") == ["0", "1", "2"])
        let keyURL = try #require(try values(periods + "/@keyUriTemplate").first)
        let bytes = try curl(keyURL, "-H", "Authorization: Bearer \(site.token)").body
        let key = EnvelopeKey(bytes: bytes)
        for (time, vector) in zip(["0", "25600", "51200"], vectors) {
            let clear = try curl("\(forms.clear)/v1/clear/cmaf/\(track)/\(time).m4s").body
            let encrypted = try curl("\(forms.envelope)/v1/cbc/cmaf/\(track)/\(time).m4s").body
            #expect(try key.decryptSegment(encrypted, vector: vector) == clear)
        }
        var all = try values("//@IV").map { String($0.dropFirst(2)) }
        for container in ["ts/\(track)", "ts/\(Site.video[1])", "ts/\(Site.audio)", "ts-muxed/\(FormsSite.mux)"] {
            let text = String(
                decoding: try curl("\(forms.envelope)/v1/cbc/\(container)/media.m3u8").body, as: UTF8.self)
            all += text.components(separatedBy: "IV=0x").dropFirst().map { String($0.prefix(32)) }
        }
        #expect(all.count > 25)
        #expect(Set(all).count == all.count)
    }

    @Test(arguments: ["mpd-time-csf", "mpd-time-cmaf"])
    func manifestsValidate(format: String) throws {
        let folder = try Folder()
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        for (number, root) in [forms.clear, forms.envelope].enumerated() {
            let answer = try curl("\(root)/manifest(format=\(format))")
            #expect(answer.status == 200)
            let mpd = try folder.write("\(number).mpd", answer.body)
            let checked = try run(
                Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
                environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
            #expect(checked.status == 0, "\(checked.errors)")
        }
    }

    @Test func ffmpegPlaysTheCommonStreamingFormat() throws {
        let played = try FormsSite.frames(["-i", "\(forms.clear)/manifest(format=mpd-time-csf)"], "0:v:0")
        #expect(try played == FormsSite.frames(["-i", "\(forms.clear)/manifest(format=mpd-time-cmaf)"], "0:v:0"))
        #expect(played.count == 132)
    }

    /// What is in one segment is under one key.
    @Test func keysOfTheirOwnAreNotMuxed() throws {
        let answer = try curl("\(forms.manyKeys)/manifest(format=m3u8-aapl-v3)")
        #expect(answer.status == 415)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("MPE_FORMAT_ENCRYPTION_INCOMPATIBLE"))
        let folder = "\(forms.manyKeys)/v1/cbc/ts-muxed/\(FormsSite.mux)"
        #expect(try curl("\(folder)/media.m3u8").status == 415)
        #expect(try curl("\(folder)/0.ts").status == 415)
        #expect(try curl("\(forms.manyKeys)/manifest(format=m3u8-aapl)").status == 200)
    }

    @Test(arguments: [
        "\(Site.audio)+\(Site.audio)", "\(Site.video[0])+\(Site.video[1])", "\(Site.audio)+\(Site.video[0])",
        "\(Site.video[0])+nothing",
    ])
    func onlyPicturesWithSoundAreMuxed(pair: String) throws {
        #expect(try curl("\(forms.clear)/v1/clear/ts-muxed/\(pair)/media.m3u8").status == 404)
        #expect(try curl("\(forms.clear)/v1/clear/ts-muxed/\(pair)/0.ts").status == 404)
    }
}
