import ContentKeys
import Foundation
import MediaModel
import TestSupport
import Testing

@testable import Presentations

@Suite(.waiting) struct DASHTests {
    /// Holds a manifest against the schema of ISO/IEC 23009-1.
    private func validate(_ manifest: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).mpd")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(manifest.utf8).write(to: file)
        let schemas = Fixtures.root.appendingPathComponent("Tests/Schemas").path
        _ = try Tool.run([
            "XML_CATALOG_FILES=\(schemas)/catalog.xml", "xmllint", "--nonet", "--noout", "--schema",
            "\(schemas)/DASH-MPD.xsd", file.path,
        ])
    }

    /// The values that an XPath expression finds, as an XML reader sees them.
    private func values(_ manifest: String, _ path: String) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).mpd")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(manifest.utf8).write(to: file)
        guard let tool = try? Tool.run(["xmllint", "--nonet", "--xpath", path, file.path]) else { return [] }
        return String(decoding: tool.standardOutput, as: UTF8.self).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    private func path(_ elements: String...) -> String {
        elements.map { "//*[local-name()='\($0)']" }.joined()
    }

    @Test(arguments: CommonProtection.Scheme.all, [false, true])
    func protectedManifestsAreValid(scheme: CommonProtection.Scheme, manyKeys: Bool) throws {
        let film = Fixtures.protected(Fixtures.film()) { number, _ in
            Fixtures.common(scheme, key: manyKeys ? number : 0)
        }
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        let keys = try values(manifest, path("ContentProtection") + "/@*[local-name()='default_KID']")
        // One for each of three sets, or one for each of two renditions and two sets.
        #expect(keys.count == (manyKeys ? 4 : 3))
        #expect(Set(keys).count == (manyKeys ? 4 : 1))
        #expect(try values(manifest, path("Laurl") + "/text()").allSatisfy { $0.hasSuffix("?a=1&amp;b=2") })
    }

    /// What a manifest says of each of its sets, by its id.
    private struct SaidOfSet: Equatable {
        var tracks: [String]
        /// The keys that its descriptors name.
        var keys: [String] = []
        var switching: [String] = []
        var role = "main"
    }

    private func sets(_ manifest: String) throws -> [SaidOfSet] {
        func said(_ path: String) throws -> [String] {
            try values(manifest, path).compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
        }
        #expect(try said(path("Representation") + path("ContentProtection") + "/@schemeIdUri").isEmpty)
        let ids = try said(path("AdaptationSet") + "/@id")
        #expect(ids == ids.indices.map(String.init))
        return try ids.map { id in
            func child(_ rest: String) throws -> [String] {
                try said("//*[local-name()='AdaptationSet'][@id='\(id)']/" + rest)
            }
            return SaidOfSet(
                tracks: try child("*[local-name()='Representation']/@id"),
                keys: try child("*[local-name()='ContentProtection']/@*[local-name()='default_KID']"),
                switching: try child("*[@schemeIdUri='urn:mpeg:dash:adaptation-set-switching:2016']/@value"),
                role: try child("*[local-name()='Role']/@value").first ?? "")
        }
    }

    /// Each key has a set of its own, which names the others that players may switch to (DASH-IF IOP, part 6, 7.5.2, 7.7.8).
    @Test(arguments: CommonProtection.Scheme.all)
    func everyKeyHasASet(scheme: CommonProtection.Scheme) throws {
        let keys = (0..<4).map { Fixtures.keyID($0).description }
        // By track; constant IVs differ between tracks under one key, and are no word of a set.
        func film(_ numbers: [Int?]) -> Presentation {
            var film = Fixtures.film()
            film.tracks.insert(Fixtures.video(1080), at: 2)
            for (place, number) in numbers.enumerated() {
                guard let number, case .common(var common) = Fixtures.common(scheme, key: number) else { continue }
                common.constantVector = [UInt8](repeating: UInt8(place), count: 16)
                film.tracks[place].protection = .common(common)
            }
            return film
        }
        func sound(_ place: Int, _ key: Int, _ role: String) -> SaidOfSet {
            SaidOfSet(tracks: [["audio-en", "audio-de"][place]], keys: [keys[key]], role: role)
        }
        let several = try film([0, 1, 1, 2, 3]).mediaPresentationDescription()
        try validate(several)
        #expect(
            try sets(several) == [
                SaidOfSet(tracks: ["video-360"], keys: [keys[0]], switching: ["1"]),
                SaidOfSet(tracks: ["video-720", "video-1080"], keys: [keys[1]], switching: ["0"]),
                sound(0, 2, "main"), sound(1, 3, "alternate"),
            ])
        let clear = try film([nil, 1, 0, 2, 2]).mediaPresentationDescription()
        try validate(clear)
        #expect(
            try sets(clear) == [
                SaidOfSet(tracks: ["video-360"]),
                SaidOfSet(tracks: ["video-720"], keys: [keys[1]], switching: ["2"], role: "alternate"),
                SaidOfSet(tracks: ["video-1080"], keys: [keys[0]], switching: ["1"], role: "alternate"),
                sound(0, 2, "main"), sound(1, 2, "alternate"),
            ])
        // Whose segments begin at other times cannot take another's place.
        var uneven = film([0, 1, 1, 2, 3])
        uneven.tracks[0].segments.removeLast()
        #expect(try sets(uneven.mediaPresentationDescription()).allSatisfy(\.switching.isEmpty))
        // Periods and a clear lead: the first key is said, and no set of what is clear for a while is a clear one.
        var periods = film([0, 0, 0, 0, 0])
        for number in periods.tracks.indices {
            let track = periods.tracks[number]
            periods.tracks[number].schedule = ProtectionSchedule(
                protections: [Fixtures.common(scheme, key: 0), Fixtures.common(scheme, key: 1)],
                segments: track.segments.indices.map { $0 < 2 ? nil : $0 % 2 })
        }
        #expect(try sets(periods.mediaPresentationDescription()).map(\.keys) == [[keys[0]], [keys[0]], [keys[0]]])
    }

    /// Every part that a descriptor can have.
    @Test(arguments: CommonProtection.Scheme.all)
    func manifestsOfAllSystemsAreValid(scheme: CommonProtection.Scheme) throws {
        let film = Fixtures.protected(Fixtures.film()) { _, _ in
            .common(
                CommonProtection(
                    scheme: scheme, keyID: Fixtures.keyID(0),
                    systems: ProtectionSystemID.allCases.map {
                        ProtectionSystemSignal(
                            system: $0, licenceURL: "https://keys.example/?a=1&b=2", pssh: "AAAA",
                            playReadyObject: $0 == .playReady ? "BBBB" : nil)
                    }))
        }
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(try values(manifest, path("pro") + "/text()") == ["BBBB", "BBBB", "BBBB"])
        #expect(try values(manifest, path("pssh") + "/text()").count == 3 * ProtectionSystemID.allCases.count)
        #expect(manifest.contains("xmlns:mspr=\"urn:microsoft:playready\""))
        #expect(manifest.contains("value=\"MSPR 2.0\""))
    }

    @Test func manifestOfManyCodecsIsValid() throws {
        let manifest = try Fixtures.manyCodecs().mediaPresentationDescription()
        try validate(manifest)
        #expect(try values(manifest, path("EssentialProperty") + "/@value").count == 6)
        #expect(try values(manifest, "//@*[local-name()='supplementalCodecs']").count == 1)
    }

    @Test func clearManifestIsValid() throws {
        let manifest = try Fixtures.film().mediaPresentationDescription()
        try validate(manifest)
        #expect(!manifest.contains("ContentProtection"))
        #expect(manifest.contains("mediaPresentationDuration=\"PT11S\""))
        #expect(manifest.contains("maxSegmentDuration=\"PT2.005333S\""))
        // Equal timelines and templates stand on the set, once.
        #expect(try values(manifest, path("SegmentTemplate") + "/@media").count == 3)
        #expect(try values(manifest, path("S") + "/@r").count == 3)
    }

    /// In open groups key frames are no points of which all that follows can be shown: SAP of type 3, and no word of HLS.
    @Test func openSegmentsAreSignalled() throws {
        var film = Fixtures.film()
        func said(_ text: String) -> Bool { text.contains("#EXT-X-INDEPENDENT-SEGMENTS\n") }
        #expect(try said(film.multivariantPlaylist()) && film.tracks.allSatisfy { try said($0.mediaPlaylist()) })
        film.tracks[1].hasOpenSegments = true
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(
            try values(manifest, path("AdaptationSet") + "/@startWithSAP")
                == ["startWithSAP=\"3\"", "startWithSAP=\"1\"", "startWithSAP=\"1\""])
        #expect(try !values(manifest, path("AdaptationSet") + "/@segmentAlignment").contains { $0.contains("false") })
        #expect(try !said(film.multivariantPlaylist()))
        #expect(try film.tracks.map { try said($0.mediaPlaylist()) } == [true, false, true, true])
    }

    @Test func templatesThatDifferStandOnRepresentations() throws {
        var film = Fixtures.film()
        film.tracks[0].addresses.media = "low/{time}.m4s"
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(try values(manifest, path("SegmentTemplate") + "/@media").count == 4)
        #expect(try values(manifest, path("SegmentTimeline")).filter { $0.contains("<SegmentTimeline") }.count == 3)
        film.tracks[0].segments.removeLast()
        let uneven = try film.mediaPresentationDescription()
        try validate(uneven)
        #expect(uneven.contains("segmentAlignment=\"false\""))
        #expect(try values(uneven, path("SegmentTimeline")).filter { $0.contains("<SegmentTimeline") }.count == 4)
    }

    /// Tracks of one set that are cut at other places say themselves where their segments are, though the addresses are alike.
    @Test func timelinesThatDifferComeWithAddresses() throws {
        var film = Fixtures.film()
        film.tracks[0].segments.removeLast()
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(try values(manifest, path("SegmentTemplate") + "/@media").count == 4)
        #expect(try values(manifest, path("SegmentTemplate") + "/@initialization").count == 4)
        #expect(try values(manifest, path("SegmentTimeline")).filter { $0.contains("<SegmentTimeline") }.count == 4)
    }

    @Test func timelineKeepsGaps() {
        var track = Fixtures.video(360)
        track.segments = [(0, 10), (10, 10), (25, 10), (35, 4), (39, 4)].map { .init(start: $0, duration: $1) }
        let runs = SegmentTimeline(track).runs
        #expect(runs.map(\.start) == [0, 25, 35])
        #expect(runs.map(\.duration) == [10, 10, 4])
        #expect(runs.map(\.repeats) == [1, 0, 1])
    }

    @Test func fractionalRate() throws {
        var film = Fixtures.film()
        film.tracks[0].description.video?.frameRateNumerator = 24_000
        film.tracks[0].description.video?.frameRateDenominator = 1001
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(manifest.contains("frameRate=\"24000/1001\""))
        #expect(try film.multivariantPlaylist().contains("FRAME-RATE=23.976,"))
    }

    /// Text of users stays text.
    @Test(arguments: hostileTexts)
    func hostileNames(text: String) throws {
        var film = Fixtures.protected(Fixtures.film()) { _, _ in
            .common(
                CommonProtection(
                    scheme: .cenc, keyID: Fixtures.keyID(0),
                    systems: [ProtectionSystemSignal(system: .clearKey, licenceURL: text)]))
        }
        film.name = text
        film.tracks[2].label = text
        film.tracks[1].addresses.media = URLTemplate(text + "{time}")
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(try values(manifest, path("evil")).isEmpty)
        #expect(try values(manifest, path("AdaptationSet")).filter { $0.contains("<AdaptationSet") }.count == 3)
    }

    /// Languages that a track may name but XML's type for languages does not have.
    @Test(arguments: ["--", "12", "en-", "abcdefghi", "e1", "und"])
    func oddLanguages(language: String) throws {
        var film = Fixtures.film()
        film.tracks[2].description.language = language
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        #expect(try values(manifest, path("AdaptationSet") + "/@lang") == ["lang=\"de\""])
        #expect(try !film.multivariantPlaylist().contains("LANGUAGE=\"\(language)\""))
    }

    @Test func oneAudioSetIsMain() throws {
        var film = Fixtures.film()
        let roles = ["value=\"main\"", "value=\"main\"", "value=\"alternate\""]
        #expect(try values(film.mediaPresentationDescription(), path("Role") + "/@value") == roles)
        film.tracks[2].isDefault = false
        #expect(try values(film.mediaPresentationDescription(), path("Role") + "/@value") == roles)
    }

    /// Each segment has a crypto period of its own, and dollars in a key's address stand for themselves.
    @Test func wholeSegmentsHaveCryptoPeriods() throws {
        let film = Fixtures.protected(Fixtures.film()) { _, track in
            .envelope(
                EnvelopeProtection(
                    keyID: Fixtures.keyID(0), keyURL: "https://keys.example/$Time$",
                    vectors: track.segments.indices.map { Array(repeating: UInt8($0), count: 16) }))
        }
        let manifest = try film.mediaPresentationDescription(.commonStreaming)
        try validate(manifest)
        #expect(try values(manifest, path("CryptoPeriod") + "/@IV").count == 24)
        #expect(manifest.contains("keyUriTemplate=\"https://keys.example/$$Time$$\""))
        #expect(!manifest.contains("default_KID"))
        // A player sets its decryption up for a whole set.
        var mixed = film
        mixed.tracks[0].protection = nil
        #expect(try values(mixed.mediaPresentationDescription(), path("AdaptationSet") + "/@id").count == 4)
    }

    /// What is cut begins at one point of the media for all tracks: the first segment of any.
    @Test func partsHaveOneStart() throws {
        var film = Fixtures.film()
        film.tracks = film.tracks.map { $0.cut(to: 2..<4) }
        let manifest = try film.mediaPresentationDescription()
        try validate(manifest)
        let offsets = try values(manifest, path("SegmentTemplate") + "/@presentationTimeOffset")
        #expect(
            offsets == ["presentationTimeOffset=\"51200\""]
                + Array(repeating: "presentationTimeOffset=\"192000\"", count: 2))
        #expect(
            try values(manifest, path("MPD") + "/@mediaPresentationDuration") == [
                "mediaPresentationDuration=\"PT4.021333S\""
            ])
        #expect(film.tracks[0].cut(to: -5..<99).segments.count == 2)
    }

    @Test func missingVectorsAndTransportStreamAreRefused() {
        #expect(throws: PresentationError.self) {
            try Fixtures.protected(Fixtures.film()) { _, _ in
                .envelope(EnvelopeProtection(keyID: Fixtures.keyID(0), keyURL: "k"))
            }.mediaPresentationDescription()
        }
        #expect(throws: PresentationError.self) {
            try Fixtures.film(Fixtures.transportStream).mediaPresentationDescription()
        }
    }

    @Test func dollarsAreDoubled() {
        #expect(URLTemplate("a$Time$/{track}/{time}{x}").dashTemplate == "a$$Time$$/$RepresentationID$/$Time$%7Bx%7D")
    }
}

extension CommonProtection.Scheme {
    static let all: [Self] = [.cenc, .cbcs]
}

/// What a user may call an asset or a language.
let hostileTexts = [
    "\"/><evil/><a b=\"", "</Title><evil/>", "a\nhttp://evil.example/x.ts\n#EXT-X-KEY:METHOD=NONE", "\",URI=\"evil",
    "]]>&evil;<!--", "\u{0}\u{1}\u{1F}\u{7F}\u{85}\u{2028}\u{2029}\r\n#EVIL", "#EXT-X-ENDLIST", "日本語 \u{FFFE}\u{1F600}",
    "$Time$ {time} %0A %22", "a,b=c", "",
]
