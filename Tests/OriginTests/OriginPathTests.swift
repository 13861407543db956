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
        "manifest", "manifest(encryption=piff)", "manifest(format=fmp4-v20,encryption=piff)",
        "v1/piff/smooth/QualityLevels(1296000)/Fragments(video=0)",
        "v3/clear/smooth/QualityLevels(1)/Fragments(audio-und-128k=20053333)",
        "manifest(format=m3u8-aapl-v3)", "manifest(format=mpd-time-csf,encryption=cbc)",
    ])
    func printerAndParserAreInverse(path: String) throws {
        let parsed = try OriginPath(parsing: Self.root + path)
        #expect(parsed.isCanonical)
        #expect(OriginPath.print(parsed.request) == Self.root + path)
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
        "manifest(format=smooth)",
        "manifest(format=m3u8-cmaf,encryption=piff)", "v1/cenc/smooth/QualityLevels(1)/Fragments(video=0)",
        "v1/cbc/smooth/QualityLevels(1)/Fragments(video=0)", "v1/clear/smooth/a/media.m3u8",
        "v1/clear/smooth/QualityLevels(01)/Fragments(video=0)", "v1/clear/smooth/QualityLevels(-1)/Fragments(video=0)",
        "v1/clear/smooth/QualityLevels(1)/Fragments(video=0", "v1/clear/smooth/QualityLevels(1)/Fragments(0)",
        "v1/clear/smooth/QualityLevels(1)/Fragments(video=00)", "v1/clear/smooth/qualitylevels(1)/Fragments(video=0)",
        "v1/clear/smooth/QualityLevels()/Fragments()", "v1/clear/smooth/)(/)(",
        "v1/cbc/ts/a+b/0.ts", "v1/cbc/ts-muxed/a%2Bb/0.ts",
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
}
