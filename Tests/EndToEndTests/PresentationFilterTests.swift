import Foundation
import TestSupport
import Testing

/// Filters in URLs and on locators: what manifests show of the same segments.
@Suite(.waiting) struct PresentationFilterTests {
    /// The shared asset with filters of its own and of every asset, in the clear and under AES-128.
    private final class Published: Sendable {
        static let shared = Result { try Published() }

        let forms: FormsSite
        /// Through the filter `small` already.
        let located: String

        init() throws {
            forms = try FormsSite.shared.get()
            let site = forms.site
            let file = try site.data.folder.write(
                "filters.yaml",
                Data(
                    """
                    kind: Filter
                    name: small
                    tracks:
                      - trackSelections:
                          - { property: Type, operation: Equal, value: video }
                          - { property: Bitrate, operation: Equal, value: 0-500000 }
                      - trackSelections: [ { property: Type, operation: Equal, value: audio } ]
                    ---
                    kind: Filter
                    name: late
                    presentationTimeRange: { startTimestamp: 2500000, timescale: 1000000 }
                    ---
                    kind: Filter
                    name: late
                    asset: other
                    presentationTimeRange: { startTimestamp: 999, timescale: 1 }
                    ---
                    kind: Filter
                    name: begin-low
                    firstQuality: { bitrate: 300000 }
                    ---
                    kind: Filter
                    name: begin-high
                    firstQuality: { bitrate: 9000000 }
                    ---
                    kind: Filter
                    name: nothing
                    tracks: [ { trackSelections: [ { property: Language, operation: Equal, value: tlh } ] } ]
                    ---
                    kind: Filter
                    name: own
                    presentationTimeRange: { startTimestamp: 999, timescale: 1 }
                    ---
                    kind: Filter
                    name: own
                    asset: film
                    tracks: [ { trackSelections: [ { property: Type, operation: Equal, value: video } ] } ]
                    """.utf8))
            try site.data.must("apply", file)
            let made = try site.data.must(
                "publish", "film", "--delivery", "forms-clear", "--filter", "small", "--json"
            ).json()
            located = "\(site.server.origin)/\(made["locator"] as? String ?? "")/film.ism"
        }
    }

    private let published: Published
    private let forms: FormsSite

    init() throws {
        published = try Published.shared.get()
        forms = published.forms
    }

    private func text(_ url: String) throws -> String {
        let answer = try curl(url)
        #expect(answer.status == 200, "\(url)")
        return String(decoding: answer.body, as: UTF8.self)
    }

    private func count(_ text: String, _ part: String) -> Int { text.components(separatedBy: part).count - 1 }

    @Test func tracksAreChosen() throws {
        for root in [forms.clear + "/manifest(format=%,filter=small)", published.located + "/manifest(format=%)"] {
            func url(_ format: String) -> String { root.replacingOccurrences(of: "%", with: format) }
            #expect(try count(text(url("m3u8-aapl")), "#EXT-X-STREAM-INF") == 3)
            #expect(try count(text(url("m3u8-aapl-v3")), "#EXT-X-STREAM-INF") == 3)
            #expect(try count(text(url("mpd-time-cmaf")), "<Representation ") == 4)
            #expect(try count(text(url("fmp4-v20")), "<QualityLevel ") == 4)
        }
        // An asset's own filter takes the place of the other.
        #expect(try !text("\(forms.clear)/manifest(format=mpd-time-cmaf,filter=own)").contains("mp4a"))
    }

    /// Every playlist below a filtered one is filtered, and names the very segments of the whole.
    @Test(arguments: ["m3u8-aapl", "m3u8-cmaf", "m3u8-aapl-v3"])
    func timeIsCut(format: String) throws {
        for root in [forms.clear, forms.envelope] {
            let seen = try PlaylistTests.check("\(root)/manifest(format=\(format),filter=late)")
            let whole = try PlaylistTests.check("\(root)/manifest(format=\(format))")
            #expect(seen.playlists == whole.playlists)
            // 0 to 2 s are left out: one segment of three in every playlist.
            #expect(seen.segments == whole.segments * 2 / 3)
        }
        let container = format == "m3u8-cmaf" ? "cmaf" : "ts"
        let folder = "\(forms.envelope)/v1/cbc/\(container)/\(Site.video[0])"
        let (all, late) = (try text("\(folder)/media.m3u8"), try text("\(folder)/media(filter=late).m3u8"))
        let rest = all.components(separatedBy: "\n").drop { !$0.contains("25600") }.filter { !$0.isEmpty }
        #expect(late.hasSuffix(rest.joined(separator: "\n") + "\n"))
        let vectors = late.components(separatedBy: "IV=").dropFirst().map { $0.prefix(34) }
        #expect(all.components(separatedBy: "IV=").dropFirst(2).map { $0.prefix(34) } == vectors)
    }

    @Test func theRestPlays() throws {
        let whole = try FormsSite.frames(["-i", "\(forms.clear)/manifest(format=m3u8-aapl)"], "0:v:0")
        for format in ["m3u8-aapl", "m3u8-aapl-v3", "mpd-time-cmaf"] {
            let late = try FormsSite.frames(["-i", "\(forms.clear)/manifest(format=\(format),filter=late)"], "0:v:0")
            #expect(late.count == 82)
            #expect(late == whole.suffix(82), "\(format)")
        }
    }

    @Test(arguments: ["mpd-time-cmaf", "mpd-time-csf"])
    func dashBeginsWhereTheRestBegins(format: String) throws {
        let folder = try Folder()
        let text = try text("\(forms.envelope)/manifest(format=\(format),filter=late)")
        let file = try folder.write("film.mpd", Data(text.utf8))
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let checked = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", file],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        #expect(checked.status == 0, "\(checked.errors)")
        // Pictures begin at 2 s, sound a little later or earlier; one point of both is the start.
        #expect(text.contains("presentationTimeOffset=\"25"))
        #expect(text.contains("presentationTimeOffset=\"95") || text.contains("presentationTimeOffset=\"96"))
        #expect(text.contains("<S t=\"25600\""))
    }

    @Test func playersBeginWhereTheyAreTold() throws {
        func first(_ filter: String) throws -> String {
            let lines = try text("\(forms.clear)/manifest(format=m3u8-aapl,filter=\(filter))").split(separator: "\n")
            return String(try #require(lines.first { !$0.hasPrefix("#") }))
        }
        #expect(try first("begin-high").contains(Site.video[0]))
        #expect(try first("begin-low").contains("video-270p"))
    }

    @Test func otherSpellingsLeadToTheCanonicalOne() throws {
        let canonical = "/manifest(format=m3u8-aapl,filter=begin-low;late;small)"
        for spelling in ["filter=small;late;begin-low", "filter=late;begin-low;SMALL;late"] {
            let answer = try curl("\(forms.clear)/manifest(\(spelling),format=m3u8-aapl)")
            #expect(answer.status == 308)
            #expect(answer.headers["location"]?.hasSuffix(canonical) == true)
        }
        #expect(try curl("\(forms.clear)\(canonical)").status == 200)
        let playlist = "\(forms.clear)/v1/clear/ts/\(Site.video[0])/media(filter=small;late).m3u8"
        #expect(try curl(playlist).status == 404)
    }

    @Test func whatDoesNotGoTogetherIsRefused() throws {
        let eleven = (0..<11).map { "f\($0)" }.joined(separator: ";")
        for (path, status, code) in [
            ("manifest(format=m3u8-aapl,filter=unknown)", 404, "MPE_EGRESS_FILTER_NOT_FOUND"),
            ("v1/clear/ts/\(Site.video[0])/media(filter=unknown).m3u8", 404, "MPE_EGRESS_FILTER_NOT_FOUND"),
            ("manifest(format=m3u8-aapl,filter=nothing)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
            ("v1/clear/ts/\(Site.video[0])/media(filter=small).m3u8", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
            ("manifest(format=m3u8-aapl,filter=begin-high;begin-low)", 415, "MPE_FILTERS_INCOMPATIBLE"),
            ("manifest(format=m3u8-aapl,filter=\(eleven))", 400, "MPE_BAD_URL_SYNTAX"),
            ("manifest(format=m3u8-aapl,filter=)", 400, "MPE_BAD_URL_SYNTAX"),
            ("manifest(format=m3u8-aapl,filter=a;;b)", 400, "MPE_BAD_URL_SYNTAX"),
        ] {
            let answer = try curl("\(forms.clear)/\(path)")
            #expect(answer.status == status, "\(path)")
            #expect(String(decoding: answer.body, as: UTF8.self).contains(code), "\(path)")
        }
        let outcome = try forms.site.data.keyway("publish", "film", "--delivery", "forms-clear", "--filter", "unknown")
        #expect(outcome.status == 65 && outcome.errors.contains("no filter 'unknown'"))
    }

    /// The guide's filter is one.
    @Test func theGuidesFilterIsValid() throws {
        let guide = Programs.repository.appendingPathComponent("Documentation/delivery-formats.md")
        let text = String(decoding: try Data(contentsOf: guide), as: UTF8.self)
        let block = try #require(text.components(separatedBy: "```yaml\n").last?.components(separatedBy: "```").first)
        let file = try forms.site.data.folder.write("guide.yaml", Data(block.utf8))
        #expect(try forms.site.data.keyway("policy", "validate", file).status == 0)
    }

    @Test func filtersAreListed() throws {
        let list = try forms.site.data.must("policy", "list").text
        #expect(list.contains("Filter") && list.contains("film/own"))
        #expect(list.contains("Type=video and Bitrate=0-500000 or Type=audio"))
        let shown = try forms.site.data.must("policy", "show", "film/own").text
        #expect(shown.contains("\"asset\" : \"film\""))
        // What is shown can be applied again, and changes nothing.
        let file = try forms.site.data.folder.write("shown.yaml", Data(shown.utf8))
        #expect(try forms.site.data.must("apply", file, "--dry-run").text.contains("unchanged Filter film/own"))
        #expect(try forms.site.data.keyway("policy", "show", "film/nothing").status == 66)
    }
}
