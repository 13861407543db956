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
