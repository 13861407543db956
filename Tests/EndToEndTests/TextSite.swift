import Foundation

/// A film with subtitles from files and from a text track of its own, published in the clear and protected, and served.
final class TextSite: Sendable {
    static let shared = Result { try TextSite() }

    let data: DataFolder
    let server: RunningServer
    /// Where the clear presentation lies; every protocol.
    let clear: String
    /// HLS under the envelope, HLS and DASH under `cbcs`, Smooth Streaming under PIFF.
    let protected: String
    let warnings: [String]
    let trackNames: [String]

    /// Cues of the English file: times in seconds, and text.
    static let cues: [(start: Double, end: Double, text: String)] = [
        (1, 3.5, "Hello there & you\ntwo lines"), (5, 13, "Across segments"), (8, 9, "Inside"),
    ]

    static let webVTT = """
        WEBVTT

        1
        00:01.000 --> 00:03.500 align:start
        Hello <i>there</i> &amp; <b>you</b>
        two lines

        00:05.000 --> 00:13.000
        Across segments

        00:08.000 --> 00:09.000
        Inside

        """

    static let ttml = """
        <?xml version="1.0" encoding="UTF-8"?>
        <tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling" xml:lang="de">
          <head><styling><style xml:id="s" tts:color="yellow" tts:fontStyle="italic"/></styling>
          <layout><region xml:id="r" tts:origin="10% 80%" tts:extent="80% 10%"/></layout></head>
          <body region="r"><div>
            <p begin="00:00:01" end="00:00:03.5" style="s">Hallo<br/>du</p>
            <p begin="7s" dur="1s">Später</p>
          </div></body>
        </tt>
        """

    private init() throws {
        data = try DataFolder()
        let folder = data.folder
        let english = try folder.write("film.en.vtt", Data(Self.webVTT.utf8))
        let german = try folder.write("film.de.forced.ttml", Data(Self.ttml.utf8))
        let captions = try folder.write("film.en.sdh.vtt", Data(Self.webVTT.replacing("Inside", with: "[door]").utf8))
        let film = folder.path + "/film.mp4"
        let outcome = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-y", "-i", Programs.clip("bbb_prog_10s.mp4"), "-i", english, "-map", "0", "-map", "1",
                "-c", "copy", "-c:s", "mov_text", "-metadata:s:s:0", "language=fra", film,
            ])
        guard outcome.status == 0 else { throw VerbFailed(arguments: ["ffmpeg"], outcome: outcome) }
        let policies = try folder.write(
            "text.yaml",
            Data(
                """
                kind: DeliveryPolicy
                name: text-clear
                protocols: [hls, dash, smooth]
                encryption: none
                ---
                kind: DeliveryPolicy
                name: text-envelope
                protocols: [hls]
                encryption: envelope
                ---
                kind: DeliveryPolicy
                name: text-cbcs
                protocols: [hls, dash]
                encryption: cbcs
                ---
                kind: DeliveryPolicy
                name: text-piff
                protocols: [smooth]
                encryption: cenc
                signalling: [playready]
                ---
                kind: Filter
                name: german
                tracks:
                  - trackSelections: [{ property: Type, operation: NotEqual, value: text }]
                  - trackSelections: [{ property: Language, operation: Equal, value: de }]
                ---
                kind: Filter
                name: late
                presentationTimeRange: { startTimestamp: 80000000 }
                ---
                kind: Filter
                name: words
                tracks: [{ trackSelections: [{ property: Type, operation: Equal, value: text }] }]
                """.utf8))
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        try data.must("apply", policies)
        let answer = try data.must("asset", "upload", "film", film, english, german, captions, "--json").json()
        warnings = answer["warnings"] as? [String] ?? []
        trackNames = (answer["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        let open = try data.must("publish", "film", "--delivery", "text-clear", "--json").json()
        let closed = try data.must(
            "publish", "film", "--auth", "demo-viewers", "--delivery", "text-envelope", "--delivery", "text-cbcs",
            "--delivery", "text-piff", "--json"
        ).json()
        server = try RunningServer(data)
        clear = "\(server.origin)/\(open["locator"] as? String ?? "")/film.ism"
        protected = "\(server.origin)/\(closed["locator"] as? String ?? "")/film.ism"
    }
}
