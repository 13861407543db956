import Foundation
import TestSupport
import Testing

/// A manifest has one URL: other spellings lead to it, and nothing else has any.
@Suite(.waiting) struct CanonicalURLTests {
    let site: Site

    init() throws {
        site = try Site.shared.get()
    }

    @Test(arguments: [
        "Manifest(Format=M3U8-AAPL,Encryption=CBC)", "manifest(encryption=cbc,format=m3u8-aapl)",
        "manifest(format=m3u8-aapl,encryption=cbc).m3u8", "manifest(encryption=CBC,format=m3u8-aapl).MPD",
        "manifest%28format=m3u8-aapl%2Cencryption=cbc%29",
    ])
    func otherSpellingsLeadToTheCanonicalOne(spelling: String) throws {
        let canonical = site.protected + "/manifest(format=m3u8-aapl,encryption=cbc)"
        let path = canonical.dropFirst(site.server.origin.count)
        for method in ["GET", "HEAD"] {
            let options = method == "HEAD" ? ["--head"] : []
            let plain = try curlWith("\(site.protected)/\(spelling)", options)
            #expect(plain.status == 308)
            #expect(plain.headers["location"] == String(path))
            #expect(plain.headers["cache-control"] == "public, max-age=86400")
            let personal = try curlWith("\(site.protected)/\(spelling)?token=a.b.c&x=%0d%0aset-cookie:1", options)
            #expect(personal.status == 308)
            #expect(personal.headers["location"] == path + "?token=a.b.c&x=%0d%0aset-cookie:1")
            #expect(personal.headers["cache-control"] == "no-store")
        }
        let followed = try curl("\(site.protected)/\(spelling)", "-L")
        #expect(followed.body == (try curl(canonical)).body)
    }

    /// Players follow it, and find the media from there.
    @Test func aPlayerFollows() throws {
        let outcome = try run(
            Programs.outside("ffmpeg"),
            [
                "-v", "error", "-i", "\(site.clear)/Manifest(Format=M3U8-AAPL).m3u8", "-t", "1", "-f", "null", "-",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(arguments: [
        "v1/cenc/cmaf/video-720p-1200k/00.m4s", "v1/CENC/cmaf/video-720p-1200k/0.m4s",
        "v1/cenc/cmaf/video-720p-1200k/./0.m4s", "v1//cenc/cmaf/video-720p-1200k/0.m4s",
        "v1/cenc/cmaf/video-720p-1200k/%30.m4s", "manifest(format=mpd-time-cmaf,encryption=cenc).mpd.mpd",
        "v1/../manifest(format=m3u8-aapl)",
    ])
    func everyOtherAliasIsRefused(alias: String) throws {
        #expect([400, 404].contains(try curl("\(site.protected)/\(alias)").status))
    }

    /// What a query says changes nothing of an object, so a shared cache must not keep one for each.
    @Test(arguments: [
        ("v1/cenc/cmaf/video-720p-1200k/0.m4s", "immutable"), ("v1/cenc/cmaf/video-720p-1200k/init.mp4", "public"),
        ("manifest(format=mpd-time-cmaf,encryption=cenc)", "s-maxage="),
    ])
    func aQueryMakesNoSecondCopy(path: String, control: String) throws {
        let object = "\(site.protected)/\(path)"
        let plain = try curl(object)
        #expect(plain.headers["cache-control"]?.contains(control) == true, "\(plain.headers)")
        let other = try curl(object + "?copy=1")
        #expect(other.status == 200 && other.body == plain.body)
        #expect(other.headers["cache-control"] == "no-store")
    }

    /// Every web page gets the same answer here: caches need not keep one for each.
    @Test(arguments: ["v1/cenc/cmaf/video-720p-1200k/0.m4s", "manifest(format=mpd-time-cmaf,encryption=cenc)"])
    func answersDoNotVaryWhereEveryOriginIsAllowed(path: String) throws {
        for options in [[], ["-H", "Origin: https://player.example"]] {
            let answer = try curlWith("\(site.protected)/\(path)", options)
            #expect(answer.status == 200 && answer.headers["vary"]?.contains("Origin") != true, "\(answer.headers)")
        }
    }
}
