import Foundation
import TestSupport
import Testing

/// An asset whose first seconds leave in the clear, in every form that can say so. The frames that programs which are not
/// ours make of it are those of the asset without protection.
@Suite(.waiting) struct ClearLeadTests {
    /// The shared film under policies with a clear lead of two seconds: of its segments of two, the first.
    final class LeadSite: Sendable {
        static let shared = Result { try LeadSite() }

        let site: Site
        let base: String
        let smooth: String

        private init() throws {
            site = try Site.shared.get()
            func policy(_ name: String, _ protocols: String, _ encryption: String) -> String {
                "kind: DeliveryPolicy\nname: lead-\(name)\nprotocols: [\(protocols)]\nencryption: \(encryption)\n"
                    + "clearLead: 2s\n"
            }
            let file = try site.data.folder.write(
                "lead.yaml",
                Data(
                    [
                        policy("cenc", "hls, dash", "cenc"), policy("cbcs", "hls, dash", "cbcs"),
                        policy("envelope", "hls, dash", "envelope"),
                        policy("smooth", "smooth", "cenc") + "signalling: [playready]\n",
                    ].joined(separator: "---\n").utf8))
            try site.data.must("apply", file)
            let published = try site.data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "lead-cenc", "--delivery", "lead-cbcs",
                "--delivery", "lead-envelope", "--json"
            ).json()
            let other = try site.data.must(
                "publish", "film", "--auth", "demo-viewers", "--delivery", "lead-smooth", "--json"
            ).json()
            base = "\(site.server.origin)/\(published["locator"] as? String ?? "")/film.ism"
            smooth = "\(site.server.origin)/\(other["locator"] as? String ?? "")/film.ism"
        }
    }

    let lead: LeadSite
    var site: Site { lead.site }

    init() throws {
        lead = try LeadSite.shared.get()
    }

    @Test(arguments: Extent.pairs(Site.video + [Site.audio], ["cenc", "cbcs-aapl"]))
    func samplesThroughShakaPackager(track: String, scheme: String) throws {
        let folder = try Folder()
        let clear = try MediaProbe.frames(["-i", try MediaProbe.whole(site.clear, site.clear, "clear", track, folder)])
        let media = try MediaProbe.whole(site.clear, lead.base, "\(scheme)-lead2", track, folder)
        let key = try ClearKeyLicence.key(for: Data(contentsOf: URL(fileURLWithPath: media)), site)
        let output = folder.path + "/decrypted.mp4"
        let kind = track.hasPrefix("video") ? "video" : "audio"
        let outcome = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(media),stream=\(kind),output=\(output)", "--enable_raw_key_decryption", "--keys",
                "label=:key_id=\(key.id):key=\(key.key)",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!clear.isEmpty)
        #expect(try MediaProbe.frames(["-i", output]) == clear)
    }

    /// The first segment and the init segment show their pictures without any key; the second segment does not.
    @Test(arguments: ["cenc", "cbcs-aapl"])
    func theLeadPlaysWithoutAKey(scheme: String) throws {
        let folder = try Folder()
        let root = "\(lead.base)/v1/\(scheme)-lead2/cmaf/\(Site.video[0])"
        let clearRoot = "\(site.clear)/v1/clear/cmaf/\(Site.video[0])"
        let first = try curl("\(root)/0.m4s")
        #expect(first.status == 200)
        let plain = try curl("\(clearRoot)/0.m4s").body
        // The same samples to the byte, behind a fragment that names the second sample entry.
        #expect(first.body.suffix(100_000) == plain.suffix(100_000))
        let file = try folder.write("first.mp4", try curl("\(root)/init.mp4").body + first.body)
        let source = try folder.write("source.mp4", try curl("\(clearRoot)/init.mp4").body + plain)
        #expect(try MediaProbe.frames(["-i", file]) == MediaProbe.frames(["-i", source]))
        let second = try curl("\(root)/25600.m4s").body
        #expect(second.suffix(10_000) != (try curl("\(clearRoot)/25600.m4s").body.suffix(10_000)))
    }

    @Test(arguments: Extent.pairs(Site.video + [Site.audio], ["ts", "cmaf"]))
    func wholeSegmentsThroughFFmpeg(track: String, container: String) throws {
        let clear = try MediaProbe.frames(["-i", "\(site.clear)/v1/clear/\(container)/\(track)/media.m3u8"])
        let url = "\(lead.base)/v1/cbc-lead2/\(container)/\(track)/media.m3u8"
        let lines = String(decoding: try curl(url).body, as: UTF8.self).split(separator: "\n")
        let key = try #require(lines.firstIndex { $0.hasPrefix("#EXT-X-KEY") })
        let segments = lines.indices.filter { lines[$0].hasSuffix(container == "ts" ? ".ts" : ".m4s") }
        #expect(segments[0] < key && key < segments[1])
        let decrypted = try MediaProbe.frames(["-headers", "Authorization: Bearer \(site.token)\r\n", "-i", url])
        #expect(!clear.isEmpty)
        #expect(decrypted == clear)
    }

    @Test func muxedSegmentsThroughFFmpeg() throws {
        let mux = "\(Site.video[0])+\(Site.audio)"
        let forms = try FormsSite.shared.get()
        for stream in ["0:v", "0:a"] {
            let clear = try FormsSite.frames(["-i", "\(forms.clear)/v1/clear/ts-muxed/\(mux)/media.m3u8"], stream)
            let decrypted = try FormsSite.frames(
                [
                    "-headers", "Authorization: Bearer \(site.token)\r\n", "-i",
                    "\(lead.base)/v1/cbc-lead2/ts-muxed/\(mux)/media.m3u8",
                ], stream)
            #expect(!clear.isEmpty)
            #expect(decrypted == clear)
        }
    }

    /// Segment encryption of DASH: the first crypto period begins with the second segment.
    @Test func dashNamesTheFirstEncryptedSegment() throws {
        let folder = try Folder()
        for encryption in ["cbc", "cenc", "cbcs-aapl"] {
            let answer = try curl("\(lead.base)/manifest(format=mpd-time-cmaf,encryption=\(encryption))")
            #expect(answer.status == 200)
            let mpd = try folder.write("\(encryption).mpd", answer.body)
            let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
            let checked = try run(
                Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", mpd],
                environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
            #expect(checked.status == 0, "\(checked.errors)")
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(text.contains("/\(encryption)-lead2/cmaf/"))
            if encryption == "cbc" {
                #expect(!text.contains("startOffset=\"0\""))
                #expect(text.contains("startOffset=\"1\""))
            }
        }
    }

    /// What is asked for under the URL of another treatment is not there: nothing is sent in the clear that was not so named.
    @Test(arguments: ["cenc", "cenc-lead4", "cenc-lead02", "cenc-lead2-period60", "clear-lead2", "cenc-lead", "clear"])
    func otherTreatmentsAreNotThere(treatment: String) throws {
        let answer = try curl("\(lead.base)/v1/\(treatment)/cmaf/\(Site.video[0])/0.m4s")
        #expect([403, 404, 415].contains(answer.status), "\(answer.status)")
        let protected = try curl("\(site.protected)/v1/cenc-lead2/cmaf/\(Site.video[0])/0.m4s")
        #expect(protected.status == 404)
    }

    @Test func smoothStreamingIsRefusedWithTheReason() throws {
        let answer = try curl("\(lead.smooth)/manifest")
        #expect(answer.status == 415)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("clear lead"))
    }

    @Test func rangesAndKeyFramesHold() throws {
        let root = "\(lead.base)/v1/cenc-lead2/cmaf/\(Site.video[0])"
        for segment in ["0.m4s", "25600.m4s"] {
            let whole = try curl("\(root)/\(segment)").body
            let head = try curl("\(root)/\(segment)", "--head")
            #expect(head.headers["content-length"] == "\(whole.count)")
            #expect(try curl("\(root)/\(segment)", "-H", "Range: bytes=100-4999").body == whole[100..<5000])
        }
        let frames = String(decoding: try curl("\(root)/iframes.m3u8").body, as: UTF8.self)
        #expect(frames.contains("EXT-X-BYTERANGE"))
    }

    /// Chromium's own Media Source Extensions and ClearKey go from the clear segments to the encrypted ones.
    @Test(arguments: [("cenc", "cenc"), ("cbcs-aapl", "cbcs")])
    func chromiumPlaysThroughTheLead(word: String, scheme: String) throws {
        let folder = try Folder()
        let media = try MediaProbe.whole(site.clear, lead.base, "\(word)-lead2", Site.video[1], folder)
        let key = try ClearKeyLicence.key(for: Data(contentsOf: URL(fileURLWithPath: media)), site)
        let name = URL(fileURLWithPath: media).lastPathComponent
        let items = [["file": name, "kind": "video", "mime": "video/mp4; codecs=\"avc1.4d400d\"", "scheme": scheme]]
        _ = try folder.write("items.json", try JSONSerialization.data(withJSONObject: items))
        let script = Programs.repository.appendingPathComponent("Tests/Browser/decrypt.py").path
        let outcome = try run(Programs.outside("python3"), [script, key.key, key.id, folder.path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let results = try JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]] ?? []
        #expect(results.first?["outcome"] as? String == "ended", "\(outcome.text)")
        #expect((results.first?["frames"] as? Int ?? 0) > 100, "\(outcome.text)")
    }
}
