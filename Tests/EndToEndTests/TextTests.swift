import Foundation
import TestSupport
import Testing

/// Subtitles as yt-dlp, GStreamer and ffmpeg read them from each format, in the clear beside what is encrypted.
@Suite(.waiting) struct TextTests {
    let site: TextSite

    init() throws {
        site = try TextSite.shared.get()
    }

    private func text(_ url: String) throws -> String {
        let answer = try curl(url)
        #expect(answer.status == 200, "\(url)")
        return String(decoding: answer.body, as: UTF8.self)
    }

    /// The cues of a WebVTT file, as `start end text`.
    private func cues(_ text: String) -> [String] {
        text.components(separatedBy: "\n\n").compactMap { block in
            let lines = block.split(separator: "\n").map(String.init)
            guard let at = lines.firstIndex(where: { $0.contains(" --> ") }) else { return nil }
            let times = lines[at].split(separator: " ")
            return "\(times[0]) \(times[2]) " + lines[(at + 1)...].joined(separator: "|")
        }
    }

    private static let english = [
        "00:00:01.000 00:00:03.500 Hello <i>there</i> &amp; <b>you</b>|two lines",
        "00:00:05.000 00:00:13.000 Across segments", "00:00:08.000 00:00:09.000 Inside",
    ]
    private static let german = [
        "00:00:01.000 00:00:03.500 <i>Hallo</i>|<i>du</i>", "00:00:07.000 00:00:08.000 Später",
    ]

    @Test func everyInputBecomesATrackInBothForms() {
        #expect(
            site.trackNames.filter { $0.hasPrefix("text") } == [
                "text-en", "text-en-ttml", "text-de-forced", "text-de-forced-vtt", "text-en-caption",
                "text-en-caption-ttml", "text-fra", "text-fra-ttml",
            ])
        #expect(site.warnings.isEmpty)
    }

    /// yt-dlp puts the segments of HLS together by their clock, and finds a cue that stands in several once.
    @Test(arguments: ["m3u8-aapl", "m3u8-cmaf"])
    func playersOfHLSGetTheCuesOfTheFiles(format: String) throws {
        let folder = try Folder()
        try run(
            Programs.outside("yt-dlp"),
            [
                "--no-cache-dir", "--skip-download", "--write-subs", "--sub-langs", "all", "-o",
                folder.path + "/t.%(ext)s",
                "\(site.clear)/manifest(format=\(format)).m3u8",
            ])
        let read = { (language: String) in
            cues(try String(contentsOf: folder.url("t.\(language).vtt"), encoding: .utf8))
        }
        #expect(try read("de") == Self.german)
        #expect(try read("fra").count == 3)
        let captions = try text("\(site.clear)/v1/clear/vtt/text-en-caption/6000.vtt")
        #expect(cues(captions).last == "00:00:08.000 00:00:09.000 [door]")
    }

    /// The clock of WebVTT is that of the pictures: ten seconds in MPEG-TS, zero in CMAF.
    @Test func timesAreThoseOfTheSegmentsBesideThem() throws {
        let pictures = try MediaProbe.times("\(site.clear)/v1/clear/ts/\(site.trackNames[0])/media.m3u8", "v")
        let start = try #require(pictures.first)
        #expect(abs(start - 10) < 0.2)
        #expect(try text("\(site.clear)/v1/clear/vtt/text-en/0.vtt").contains("=MPEGTS:900000,LOCAL:00:00:00.000\n"))
        #expect(try text("\(site.clear)/v1/clear/vtt-cmaf/text-en/0.vtt").contains("=MPEGTS:0,LOCAL:00:00:00.000\n"))
        // A cue that goes on in the next segment stands in both, with all of its time.
        for segment in [0, 6000] {
            #expect(cues(try text("\(site.clear)/v1/clear/vtt/text-en/\(segment).vtt")).contains(Self.english[1]))
        }
    }

    @Test func ffmpegReadsEachSegmentOfHLS() throws {
        let folder = try Folder()
        let file = try folder.write("s.vtt", try curl("\(site.clear)/v1/clear/vtt-cmaf/text-en/0.vtt").body)
        let outcome = try run(Programs.outside("ffmpeg"), ["-v", "error", "-i", file, "-f", "srt", "-"])
        #expect(outcome.errors == "")
        let text = outcome.text.replacingOccurrences(of: "\r", with: "")
        #expect(text.contains("00:00:01,000 --> 00:00:03,500\nHello <i>there</i> & <b>you</b>\ntwo lines"))
        #expect(text.contains("00:00:05,000 --> 00:00:13,000\nAcross segments"))
    }

    @Test func multivariantPlaylistsNameTheTracks() throws {
        for format in ["m3u8-aapl", "m3u8-cmaf"] {
            let playlist = try text("\(site.clear)/manifest(format=\(format))")
            let media = playlist.split(separator: "\n").filter { $0.contains("TYPE=SUBTITLES") }
            #expect(media.count == 4)
            #expect(media.filter { $0.contains("FORCED=YES") && $0.contains("LANGUAGE=\"de\"") }.count == 1)
            #expect(media.filter { $0.contains("public.accessibility.transcribes-spoken-dialog") }.count == 1)
            let variants = playlist.split(separator: "\n").filter { $0.hasPrefix("#EXT-X-STREAM-INF") }
            #expect(!variants.isEmpty && variants.allSatisfy { $0.contains("SUBTITLES=\"text\"") })
            let script = Programs.repository.appendingPathComponent("Tests/HLS/check.py").path
            let checked = try run(
                Programs.outside("python"), [script, "\(site.clear)/manifest(format=\(format))"])
            #expect(try checked.json()["broken"] as? [String] == [])
        }
        #expect(!(try text("\(site.clear)/manifest(format=m3u8-aapl-v3)")).contains("SUBTITLES"))
    }

    /// What GStreamer's demultiplexer makes of a text track in CMAF.
    private func demuxed(_ track: String) throws -> String {
        let folder = try Folder()
        let playlist = try text("\(site.clear)/v1/clear/cmaf/\(track)/media.m3u8")
        var media = try curl("\(site.clear)/v1/clear/cmaf/\(track)/init.mp4").body
        for line in playlist.split(separator: "\n") where line.hasSuffix(".m4s") {
            media += try curl("\(site.clear)/v1/clear/cmaf/\(track)/\(line)").body
        }
        let file = try folder.write("t.mp4", media)
        let outcome = try run(
            Programs.outside("gst-launch-1.0"),
            ["-q", "filesrc", "location=\(file)", "!", "qtdemux", "!", "filesink", "location=\(folder.path)/out"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try String(contentsOf: folder.url("out"), encoding: .utf8)
    }

    @Test func gstreamerReadsBothFormsInCMAF() throws {
        let english = cues(try demuxed("text-en"))
        #expect(english.first == Self.english[0])
        // The demultiplexer shows each sample by itself.
        #expect(english.filter { $0.hasSuffix("Across segments") }.count == 4)
        let german = try demuxed("text-de-forced")
        #expect(german.contains(#"<p begin="00:00:01.000" end="00:00:03.500" style="s">Hallo<br/>du</p>"#))
        #expect(german.contains(#"<region xml:id="r" tts:origin="10% 80%" tts:extent="80% 10%"/>"#))
        #expect(german.contains(#"<p begin="00:00:07.000" end="00:00:08.000">Später</p>"#))
    }

    @Test func descriptionsAreValidAndNameTheFormThatWasUploaded() throws {
        let folder = try Folder()
        for format in ["mpd-time-cmaf", "mpd-time-csf"] {
            let file = try folder.write("film.mpd", try curl("\(site.clear)/manifest(format=\(format))").body)
            let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
            let checked = try run(
                Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", file],
                environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
            #expect(checked.status == 0, "\(checked.errors)")
            func values(_ path: String) throws -> [String] {
                try run(Programs.outside("xmllint"), ["--nonet", "--xpath", path, file]).text
                    .split(separator: "\n").compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
            }
            let set = "//*[@contentType='text']"
            #expect(try values(set + "//@codecs") == ["wvtt", "stpp.ttml.im1t", "wvtt", "wvtt"])
            #expect(try values(set + "/@lang") == ["en", "de", "en", "fra"])
            #expect(
                try values(set + "/*[local-name()='Role']/@value") == [
                    "subtitle", "forced-subtitle", "caption", "subtitle",
                ])
        }
    }

    /// Players of Smooth Streaming take times to count from the fragment's beginning.
    @Test func smoothFragmentsCountFromTheirBeginning() throws {
        let manifest = try text("\(site.clear)/manifest")
        #expect(manifest.components(separatedBy: "Type=\"text\"").count == 5)
        #expect(manifest.contains("Subtype=\"SUBT\"") && manifest.contains("Subtype=\"CAPT\""))
        let folder = try Folder()
        let outcome = try run(
            Programs.outside("yt-dlp"),
            [
                "--no-cache-dir", "--skip-download", "--write-subs", "--sub-langs", "deu", "-o",
                folder.path + "/t.%(ext)s",
                "\(site.clear)/Manifest",
            ])
        let media = try String(
            decoding: Data(contentsOf: folder.url("t.deu.ismt")), as: UTF8.self)
        #expect(media.contains(#"<p begin="00:00:01.000" end="00:00:03.500" style="s">"#), "\(outcome.errors)")
        // Seven seconds, in the fragment that begins at six.
        #expect(media.contains(#"<p begin="00:00:01.000" end="00:00:02.000">Später"#))
    }

    /// Text has no key: the same bytes as in the clear, and nothing that says otherwise.
    @Test(arguments: ["cbc", "cbcs-aapl"])
    func textIsClearBesideProtectedPictures(word: String) throws {
        let format = word == "cbc" ? "m3u8-aapl" : "m3u8-cmaf"
        let container = word == "cbc" ? "vtt" : "vtt-cmaf"
        let playlist = try text("\(site.protected)/manifest(format=\(format),encryption=\(word))")
        #expect(playlist.contains("v1/\(word)/\(container)/text-en/media.m3u8"))
        let media = try text("\(site.protected)/v1/\(word)/\(container)/text-en/media.m3u8")
        #expect(!media.contains("EXT-X-KEY"))
        for path in ["text-en/0.vtt", "text-en/6000.vtt"] {
            #expect(
                try curl("\(site.protected)/v1/\(word)/\(container)/\(path)").body
                    == curl("\(site.clear)/v1/clear/\(container)/\(path)").body)
        }
        // A policy that does not let the presentation out does not let its text out.
        #expect(try curl("\(site.protected)/v1/clear/\(container)/text-en/0.vtt").status == 403)
        #expect(try curl("\(site.protected)/v1/cenc/vtt-cmaf/text-en/0.vtt").status >= 400)
    }

    /// Its URLs name the clear lead as those of the pictures do.
    @Test func textIsThereBesideAClearLead() throws {
        let policies = ["cbcs", "envelope"].map {
            "kind: DeliveryPolicy\nname: text-lead-\($0)\nprotocols: [hls, dash]\nencryption: \($0)\nclearLead: 2s\n"
        }
        try site.data.must(
            "apply", try site.data.folder.write("lead.yaml", Data(policies.joined(separator: "---\n").utf8)))
        let locator =
            try site.data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "text-lead-cbcs", "--delivery",
                "text-lead-envelope", "--json"
            ).json()["locator"] as? String ?? ""
        let film = "\(site.server.origin)/\(locator)/film.ism"
        for (format, word, container) in [("m3u8-aapl", "cbc", "vtt"), ("m3u8-cmaf", "cbcs-aapl", "vtt-cmaf")] {
            let playlist = try text("\(film)/manifest(format=\(format),encryption=\(word))")
            #expect(playlist.contains("v1/\(word)-lead2/\(container)/text-en/media.m3u8"))
            for path in ["text-en/0.vtt", "text-en/6000.vtt"] {
                let answer = try curl("\(film)/v1/\(word)-lead2/\(container)/\(path)")
                #expect(answer.status == 200)
                #expect(try answer.body == curl("\(site.clear)/v1/clear/\(container)/\(path)").body)
            }
        }
        for name in ["init.mp4", "0.m4s", "6000.m4s"] {
            let answer = try curl("\(film)/v1/cbcs-aapl-lead2/cmaf/text-de-forced/\(name)")
            #expect(try answer.body == curl("\(site.clear)/v1/clear/cmaf/text-de-forced/\(name)").body)
        }
        #expect(try text("\(film)/manifest(format=mpd-time-cmaf,encryption=cbcs-aapl)").contains("cbcs-aapl-lead2"))
    }

    @Test func textIsClearInProtectedDASHAndSmoothStreaming() throws {
        let folder = try Folder()
        let file = try folder.write(
            "film.mpd", try curl("\(site.protected)/manifest(format=mpd-time-cmaf,encryption=cbcs-aapl)").body)
        func count(_ path: String) throws -> String {
            try run(Programs.outside("xmllint"), ["--nonet", "--xpath", "count(\(path))", file]).text
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let protection = "/*[local-name()='ContentProtection']"
        #expect(try count("//*[@contentType='text']") == "4")
        #expect(try count("//*[@contentType='text']\(protection)") == "0")
        #expect(try count("//*[@contentType='video']\(protection)") != "0")
        for name in ["init.mp4", "0.m4s", "6000.m4s"] {
            #expect(
                try curl("\(site.protected)/v1/cbcs-aapl/cmaf/text-de-forced/\(name)").body
                    == curl("\(site.clear)/v1/clear/cmaf/text-de-forced/\(name)").body)
        }
        let manifest = try text("\(site.protected)/manifest")
        let address = try #require(
            manifest.split(separator: "\n").first { $0.contains("Name=\"text-de-forced\"") })
        #expect(address.contains("v1/piff/smooth"))
    }

    @Test func filtersChooseText() throws {
        let german = try text("\(site.clear)/manifest(format=m3u8-aapl,filter=german)")
        #expect(german.components(separatedBy: "TYPE=SUBTITLES").count == 2)
        let late = try text("\(site.clear)/manifest(format=m3u8-aapl,filter=late)")
        let path = try #require(
            late.split(separator: "\n").first { $0.contains("text-en/") }?.split(separator: "\"").last {
                $0.hasPrefix("v1/")
            })
        let playlist = try text("\(site.clear)/\(path)")
        #expect(playlist.contains("6000.vtt") && !playlist.contains("\n0.vtt"))
        #expect(try curl("\(site.clear)/manifest(format=m3u8-aapl,filter=words)").status == 404)
        // Where pictures begin is where the presentation does.
        let description = try text("\(site.clear)/manifest(format=mpd-time-cmaf,filter=late)")
        #expect(description.contains("presentationTimeOffset=\"8"))
    }

    @Test func segmentsOfTextAreObjectsAsAllOthers() throws {
        let url = "\(site.clear)/v1/clear/vtt/text-en/0.vtt"
        let whole = try curl(url)
        let tag = try #require(whole.headers["etag"])
        #expect(whole.headers["content-type"] == "text/vtt")
        #expect(whole.headers["cache-control"]?.contains("immutable") == true)
        #expect(try curl(url, "-r", "7-20").body == whole.body[7...20])
        #expect(try curl(url, "-H", "If-None-Match: \(tag)").status == 304)
        #expect(try curl(url, "-I").headers["content-length"] == "\(whole.body.count)")
        for path in ["1.vtt", "0.ts"] {
            #expect(try curl("\(site.clear)/v1/clear/vtt/text-en/\(path)").status == 404)
        }
        #expect(try curl("\(site.clear)/v1/clear/vtt/\(site.trackNames[0])/0.vtt").status == 404)
        #expect(try curl("\(site.clear)/v1/clear/ts/text-en/media.m3u8").status >= 400)
    }

    static let damaged: [(name: String, text: String, words: [String])] = [
        ("film.en.vtt", "WEBVTT\n\n00:01,000 --> 00:02.000\nx\n", ["film.en.vtt:3: ", "HH:MM:SS.mmm"]),
        ("film.en.ttml", "<tt xmlns=\"http://www.w3.org/ns/ttml\">\n<body>", ["film.en.ttml:2: "]),
        (
            "film.en.xml", "<!DOCTYPE a [<!ENTITY b SYSTEM \"/etc/passwd\">]><a>&b;</a>",
            ["film.en.xml:1: ", "entities"]
        ),
        ("film.en.dfxp", "{\\rtf1", ["film.en.dfxp:1: "]),
    ]

    @Test(arguments: damaged)
    func damagedFilesAreRefusedWithTheirLine(name: String, text: String, words: [String]) throws {
        let folder = try Folder()
        let file = try folder.write(name, Data(text.utf8))
        let outcome = try run(
            Programs.own("keyway"), ["asset", "upload", "broken", Programs.clip("bbb_prog_10s.mp4"), file],
            environment: site.data.environment)
        #expect(outcome.status == 65)
        for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        #expect(try !site.data.assets().contains("broken"))
        let alone = try run(
            Programs.own("keyway"), ["asset", "upload", "broken", try folder.write("a.vtt", Data("WEBVTT\n".utf8))],
            environment: site.data.environment)
        #expect(alone.status == 65)
    }
}
