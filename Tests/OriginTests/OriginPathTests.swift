import Origin
import Policies
import Testing

@Suite struct OriginPathTests {
    static let locator = "4eb3463f-2052-4ac1-80ec-f481c53647c6"
    static var root: String { "/\(locator)/film.ism/" }

    @Test(arguments: [
        "manifest(format=m3u8-aapl,encryption=cbc)", "manifest(format=mpd-time-cmaf)",
        "v1/cenc/cmaf/video-720p/init.mp4",
        "v12/cbc/ts/audio-und-128k/media.m3u8", "v1/cbcs-aapl/cmaf/video-720p/0.m4s",
        "v1/clear/ts/a/18446744073709551615.ts", "v1/cbc/ts/a/iframes.m3u8", "v1/cenc/cmaf/a/iframes.m3u8",
        "v1/cbc/ts-muxed/a+b/media.m3u8", "v1/clear/ts-muxed/a+b/0.ts", "v1/cbc/cmaf/a/0.m4s",
        "manifest(filter=a)", "manifest(format=m3u8-aapl,encryption=cbc,filter=a;b-2;c.x)",
        "v1/clear/ts/a/media(filter=a;b).m3u8", "v1/cbc/ts-muxed/a+b/media(filter=a).m3u8",
        "v1/cenc/cmaf/a/iframes(filter=a).m3u8", "manifest", "manifest(encryption=piff)",
        "manifest(format=fmp4-v20,encryption=piff)",
        "v1/piff/smooth/QualityLevels(1296000)/Fragments(video=0)",
        "v3/clear/smooth/QualityLevels(1)/Fragments(audio-und-128k=20053333)",
        "manifest(format=m3u8-aapl-v3)", "manifest(format=mpd-time-csf,encryption=cbc)",
        "v1/cenc-lead10/cmaf/a/0.m4s", "v1/cbcs-aapl-lead10-period300/cmaf/a/init.mp4",
        "v1/cbc-period300/ts-muxed/a+b/0.ts", "v2/cbc-lead1/ts/a/iframes.m3u8",
        "v1/cbc/vtt/text-en/media.m3u8", "v1/cbcs-aapl/vtt-cmaf/text-en/6000.vtt",
        "poster.jpg", "thumbnails.vtt", "thumbnails(filter=a;b).vtt", "v1/clear/jpeg/thumbnails/1.jpg",
        "v2/cbcs-aapl-lead10/jpeg/thumbnails/12.jpg", "v1/cenc/jpeg/thumbnails/media.m3u8",
        "v1/clear/jpeg/thumbnails/media(filter=a).m3u8", "v1/cbcs-aapl-period5/ts/a/iframe-0.ts",
        "v1/cbcs-aapl/ts/a/iframe-18446744073709551615.ts",
    ])
    func printerAndParserAreInverse(path: String) throws {
        let parsed = try OriginPath(parsing: Self.root + path)
        #expect(parsed.isCanonical)
        #expect(OriginPath.print(parsed.request) == Self.root + path)
    }

    @Test(arguments: ["film.mp4", "film(video-720p).mp4", "film(video-720p+audio-en-128k).mp4"])
    func wholeFilesHaveOneSpelling(file: String) throws {
        let path = "/\(Self.locator)/\(file)"
        let parsed = try OriginPath(parsing: path)
        #expect(parsed.isCanonical)
        #expect(OriginPath.print(parsed.request) == path)
    }

    @Test(arguments: [
        "film()", "film(a+b+c)", "film(a+a)", "film(a+)",
    ])
    func otherFilesAreRefused(file: String) {
        #expect(throws: OriginError.self) { try OriginPath(parsing: "/\(Self.locator)/\(file).mp4") }
    }

    @Test(arguments: [
        "Manifest(Format=M3U8-AAPL,Encryption=CBC)", "manifest(encryption=cbc,format=m3u8-aapl)",
        "manifest(format=m3u8-aapl,encryption=cbc).m3u8", "manifest%28format=m3u8-aapl%2Cencryption=cbc%29",
    ])
    func manifestsHaveFreeSpellings(path: String) throws {
        let parsed = try OriginPath(parsing: Self.root + path)
        #expect(!parsed.isCanonical)
        #expect(OriginPath.print(parsed.request) == Self.root + "manifest(format=m3u8-aapl,encryption=cbc)")
    }

    @Test(arguments: [
        "v1/cenc/cmaf/a/00.m4s", "v1/cenc/cmaf/a/+1.m4s", "v01/cenc/cmaf/a/0.m4s", "v0/cenc/cmaf/a/0.m4s",
        "v1/blocked/cmaf/a/0.m4s", "v1/cenc/cmaf/a/0.ts", "v1/cbc/ts/a/init.mp4",
        "v1/cenc/cmaf/a/18446744073709551616.m4s",
        "v1/cenc/cmaf/a/b/0.m4s", "v1/cenc/cmaf/a/", "", "x", "manifest(format=m3u8-aapl", "manifest(a=b)",
        "manifest(format=m3u8-aapl,format=m3u8-cmaf)", "manifest(encryption=none)", "manifest(format=)",
        "manifest(format=m3u8-aapl).mpd.m3u8", "manifest(format=m3u8-aapl)/", "manifests", "manifest()",
        "v1/cbc/ts-muxed/a/media.m3u8", "v1/cbc/ts-muxed/a+b/iframes.m3u8", "v1/cbc/ts-muxed/a+b+c/0.ts",
        "v1/cbcs-aapl/ts/a/iframe-.ts", "v1/cbcs-aapl/ts/a/iframe-01.ts", "v1/cbcs-aapl/ts/a/iframe--1.ts",
        "v1/cbcs-aapl/cmaf/a/iframe-0.m4s", "v1/cbc/ts-muxed/a+b/iframe-0.ts",
        "manifest(format=smooth)",
        "v1/clear/ts/a/media(filter=b;a).m3u8", "v1/clear/ts/a/media(filter=a;a).m3u8",
        "v1/clear/ts/a/media(filter=A).m3u8", "v1/clear/ts/a/media(filter=).m3u8", "v1/clear/ts/a/media().m3u8",
        "v1/clear/ts/a/0(filter=a).ts", "manifest(filter=a/b)", "manifest(filter=a,filter=b)",
        "manifest(format=m3u8-cmaf,encryption=piff)", "v1/cenc/smooth/QualityLevels(1)/Fragments(video=0)",
        "v1/cbc/smooth/QualityLevels(1)/Fragments(video=0)", "v1/clear/smooth/a/media.m3u8",
        "v1/clear/smooth/QualityLevels(01)/Fragments(video=0)", "v1/clear/smooth/QualityLevels(-1)/Fragments(video=0)",
        "v1/clear/smooth/QualityLevels(1)/Fragments(video=0", "v1/clear/smooth/QualityLevels(1)/Fragments(0)",
        "v1/clear/smooth/QualityLevels(1)/Fragments(video=00)", "v1/clear/smooth/qualitylevels(1)/Fragments(video=0)",
        "v1/clear/smooth/QualityLevels()/Fragments()", "v1/clear/smooth/)(/)(",
        "v1/cenc-lead0/cmaf/a/0.m4s", "v1/cenc-lead010/cmaf/a/0.m4s", "v1/cenc-period300-lead10/cmaf/a/0.m4s",
        "v1/clear-lead10/cmaf/a/0.m4s", "v1/cenc-lead/cmaf/a/0.m4s", "v1/cenc-lead1000000/cmaf/a/0.m4s",
        "v1/cenc-lead+1/cmaf/a/0.m4s", "v1/cenc-period0/cmaf/a/0.m4s", "v1/-lead10/cmaf/a/0.m4s",
        "v1/cenc-lead10-lead10/cmaf/a/0.m4s", "v1/piff-lead2/smooth/QualityLevels(1)/Fragments(video=0)",
        "v1/cbc/ts/a+b/0.ts", "v1/cbc/ts-muxed/a%2Bb/0.ts", "v1/cbc/vtt/a/0.ts", "v1/cbc/vtt/a/init.mp4",
        "v1/cbc/vtt-cmaf/a+b/0.vtt",
    ])
    func everythingElseIsRefused(path: String) {
        #expect(throws: OriginError.self) { try OriginPath(parsing: Self.root + path) }
    }

    @Test(arguments: [
        "", "/", "//", "/x/film.ism/manifest", "/\(locator.uppercased())/film.ism/manifest", "film.ism/manifest",
    ])
    func locatorsHaveOneSpelling(path: String) {
        #expect(throws: OriginError.self) { try OriginPath(parsing: path) }
    }

    @Test func longPathsAreRefused() {
        #expect(throws: OriginError.self) { try OriginPath(parsing: Self.root + String(repeating: "a", count: 2000)) }
    }

    /// Paths made of pieces of real ones, mutated: each is refused, or has one canonical spelling, which names the same.
    @Test func everyPathHasOneCanonicalSpellingAtMost() throws {
        let pieces = [
            "manifest", "Manifest", "(", ")", "format=", "encryption=", "filter=", "m3u8-aapl", "m3u8-cmaf", "fmp4-v20",
            "mpd-time-csf", "cbc", "cenc", "piff", "cbcs-aapl", "clear", ",", ";", "a", "b", "+", "=", "/", "v1", "v2",
            "0",
            "7", "ts", "ts-muxed", "cmaf", "smooth", "media", "iframes", "init.mp4", ".m3u8", ".mpd", ".ts", ".m4s",
            "%28",
            "%2c", "%", "..", "QualityLevels(", "Fragments(", "video=", "é", "\u{0}", " ",
        ]
        let seeds = [
            "manifest(format=m3u8-aapl,encryption=cbc,filter=a;b)", "v1/cbc/ts-muxed/a+b/media(filter=a).m3u8",
            "v1/piff/smooth/QualityLevels(7)/Fragments(video=0)", "v1/cenc/cmaf/a/0.m4s",
        ]
        var random = Generator(state: 20_261_121)
        var (canonical, others) = (0, 0)
        for _ in 0..<40_000 {
            var text = Array(seeds[Int(random.next() % 4)])
            for _ in 0..<(random.next() % 4) {
                let at = Int(random.next() % UInt64(text.count + 1))
                switch random.next() % 3 {
                case 0 where at < text.count: text.remove(at: at)
                case 1 where at < text.count:
                    text.replaceSubrange(at...at, with: text[at].uppercased())
                default:
                    text.insert(contentsOf: pieces[Int(random.next() % UInt64(pieces.count))], at: at)
                }
            }
            guard let parsed = try? OriginPath(parsing: Self.root + String(text)) else { continue }
            let printed = OriginPath.print(parsed.request)
            let again = try OriginPath(parsing: printed)
            #expect(again.isCanonical && again.request == parsed.request)
            #expect(parsed.isCanonical == (printed == Self.root + String(text)))
            if parsed.isCanonical { canonical += 1 } else { others += 1 }
        }
        #expect(canonical > 1000 && others > 100)
    }
}

/// Numbers that are the same on every run (SplitMix64).
private struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
