import ContentKeys
import Foundation
import MediaModel
import TestSupport
import Testing

@testable import Presentations

@Suite(.waiting) struct HLSTests {
    /// A player that takes a group must find every language in it (RFC 8216, 4.3.4.1.1): a layout that there is in one language
    /// only makes a group of its own, with the others as they are.
    @Test func groupsHaveTheSameMembers() throws {
        func surround(_ language: String, _ name: String) -> PresentedTrack {
            var track = Fixtures.audio(language, name)
            track.description.audio = AudioFormat(sampleRate: 48_000, channelCount: 6, channelConfiguration: 6)
            return track
        }
        func groups(_ tracks: PresentedTrack...) -> [[String]] {
            AudioGroup.groups(tracks).map { $0.tracks.map(\.description.name) }
        }
        let (english, german) = (Fixtures.audio("en", "en"), Fixtures.audio("de", "de"))
        #expect(groups(english, german, surround("fr", "fr")) == [["en", "de", "fr"]])
        #expect(groups(english, german, surround("de", "de6")) == [["en", "de"], ["en", "de6"]])
        var dolby = surround("de", "de-dolby")
        dolby.description.codec.codecString = "ec-3"
        let film = Presentation(name: "f", tracks: [Fixtures.video(360), english, german, dolby])
        let playlist = try film.multivariantPlaylist()
        #expect(playlist.contains("GROUP-ID=\"audio-1\",NAME=\"en\""))
        #expect(playlist.contains(",mp4a.40.2,ec-3\""))
        #expect(playlist.contains("CHANNELS=\"6\""))
    }

    /// Members of groups that correspond have one name (RFC 8216, 4.3.4.1.1), also where labels are alike.
    @Test func membersThatCorrespondHaveOneName() throws {
        func track(_ language: String, _ name: String, _ codec: String = "mp4a.40.2") -> PresentedTrack {
            var track = Fixtures.audio(language, name)
            track.label = "Sound"
            track.description.codec.codecString = codec
            return track
        }
        let tracks = [track("en", "a"), track("de", "b"), track("en", "c", "ec-3"), track("de", "d", "ec-3")]
        let names = AudioGroup.groups(tracks).map { group in
            lines(group.lines()).compactMap { $0.split(separator: ",").first { $0.hasPrefix("NAME") }.map(String.init) }
        }
        #expect(names == Array(repeating: ["NAME=\"Sound\"", "NAME=\"Sound (de)\""], count: 2))
    }

    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func everyVariantNamesItsAudio() throws {
        let text = try Fixtures.film().multivariantPlaylist()
        let media = lines(text).filter { $0.hasPrefix("#EXT-X-MEDIA:") }
        #expect(media.count == 2)
        #expect(media.filter { $0.contains("DEFAULT=YES") }.count == 1)
        let variants = lines(text).filter { $0.hasPrefix("#EXT-X-STREAM-INF:") }
        #expect(variants.count == 2)
        #expect(variants[0].contains("BANDWIDTH=\(360 * 3000 + 131_072),"))
        #expect(variants[0].contains("AVERAGE-BANDWIDTH=\(360 * 2000 + 128_000),"))
        #expect(variants.allSatisfy { $0.contains("AUDIO=\"audio-0\"") && $0.contains(",mp4a.40.2\"") })
    }

    /// A group has each language once; other bit rates and codecs make groups of their own.
    @Test func audioOfSeveralRatesAndCodecs() throws {
        var film = Fixtures.film()
        var high = Fixtures.audio("de", "audio-de-high")
        high.peakBitrate = 256_000
        var other = Fixtures.audio("de", "audio-de-he")
        other.description.codec.codecString = "mp4a.40.5"
        film.tracks += [high, other]
        let groups = AudioGroup.groups(film.tracks(.audio))
        #expect(
            groups.map { $0.tracks.map(\.description.name) } == [
                ["audio-en", "audio-de"], ["audio-en", "audio-de-high"], ["audio-en", "audio-de-he"],
            ])
        #expect(lines(try film.multivariantPlaylist()).filter { $0.hasPrefix("#EXT-X-STREAM-INF") }.count == 6)
    }

    @Test func namesDifferWithinAGroup() throws {
        var film = Fixtures.film()
        film.tracks[3].label = "English"
        let media = lines(try film.multivariantPlaylist()).filter { $0.hasPrefix("#EXT-X-MEDIA:") }
        #expect(Set(media.map { $0.split(separator: ",")[2] }).count == 2)
    }

    @Test func everySegmentHasItsVector() throws {
        var track = Fixtures.video(720, addresses: Fixtures.transportStream)
        track.protection = Fixtures.envelope(track)
        let text = try track.mediaPlaylist()
        #expect(lines(text).filter { $0.hasPrefix("#EXT-X-KEY:METHOD=AES-128") }.count == track.segments.count)
        #expect(text.contains("IV=0x05050505050505050505050505050505\n#EXTINF:1.000,\n128000.ts\n"))
        track.protection = .envelope(
            EnvelopeProtection(
                keyID: Fixtures.keyID(0), keyURL: "k",
                vectors: track.segments.map { _ in Array(repeating: 1, count: 16) }))
        #expect(lines(try track.mediaPlaylist()).filter { $0.hasPrefix("#EXT-X-KEY") }.count == 1)
    }

    @Test func initSegmentsStayClear() throws {
        var track = Fixtures.video(720)
        for (scheme, method) in [(CommonProtection.Scheme.cbcs, "SAMPLE-AES"), (.cenc, "SAMPLE-AES-CTR")] {
            track.protection = Fixtures.common(scheme)
            let all = lines(try track.mediaPlaylist())
            let map = try #require(all.firstIndex { $0.hasPrefix("#EXT-X-MAP") })
            let key = try #require(all.firstIndex { $0.hasPrefix("#EXT-X-KEY:METHOD=\(method),") })
            #expect(map < key)
            #expect(all.filter { $0.hasPrefix("#EXT-X-KEY") }.count == 1)
        }
        var common = CommonProtection(scheme: .cbcs, keyID: Fixtures.keyID(0), keyURL: "k")
        common.constantVector = Array(0..<16)
        track.protection = .common(common)
        #expect(try track.mediaPlaylist().contains("IV=0x000102030405060708090a0b0c0d0e0f,KEYFORMAT=\"identity\""))
        common.keyURL = nil
        track.protection = .common(common)
        #expect(try !track.mediaPlaylist().contains("EXT-X-KEY"))
    }

    /// One line for each key format, and the key's own URL last, for players that know no format.
    @Test(arguments: CommonProtection.Scheme.all)
    func everySystemHasALine(scheme: CommonProtection.Scheme) throws {
        var track = Fixtures.video(360)
        track.protection = .common(
            CommonProtection(
                scheme: scheme, keyID: Fixtures.keyID(0), keyURL: "https://keys.example/?kid=1",
                constantVector: scheme == .cbcs ? [UInt8](repeating: 0xAB, count: 16) : nil,
                playlistKeys: [
                    PlaylistKeySignal(format: .widevine, uri: "data:text/plain;base64,AAAA+/=="),
                    PlaylistKeySignal(format: .playReady, uri: "data:text/plain;charset=UTF-16;base64,BBBB"),
                    PlaylistKeySignal(format: .fairPlay, uri: "skd://keys.example/keys/fairplay?kid=1"),
                ]))
        let lines = try track.mediaPlaylist().split(separator: "\n").filter { $0.hasPrefix("#EXT-X-KEY") }
        let method = scheme == .cbcs ? "SAMPLE-AES" : "SAMPLE-AES-CTR"
        let vector = scheme == .cbcs ? ",IV=0x" + String(repeating: "ab", count: 16) : ""
        let start = "#EXT-X-KEY:METHOD=\(method),URI="
        let end = ",KEYFORMATVERSIONS=\"1\""
        let expected: [String] = [
            "\"data:text/plain;base64,AAAA+/==\",KEYID=0x\(Fixtures.keyID(0).hexadecimal),"
                + "KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"",
            "\"data:text/plain;charset=UTF-16;base64,BBBB\",KEYFORMAT=\"com.microsoft.playready\"",
            "\"skd://keys.example/keys/fairplay?kid=1\",KEYFORMAT=\"com.apple.streamingkeydelivery\"",
            "\"https://keys.example/?kid=1\"\(vector),KEYFORMAT=\"identity\"",
        ]
        #expect(lines.map(String.init) == expected.map { start + $0 + end })
    }

    /// Lines of a playlist by their tag, without the tag.
    private func attributes(_ tag: String, _ text: String) -> [String] {
        lines(text).filter { $0.hasPrefix("#\(tag):") }.map { String($0.dropFirst(tag.count + 2)) }
    }

    private func withoutVector(_ line: String) -> String { line.replacing(/,IV=0x[0-9a-f]{32}/, with: "") }

    /// Every way to every key, once, and to the byte as the media playlists have it, but for IVs.
    @Test(arguments: ["envelope", "cenc", "cbcs"]) func sessionKeysAreThoseOfTheMediaPlaylists(kind: String) throws {
        var film = Fixtures.film(kind == "envelope" ? Fixtures.transportStream : Fixtures.fragmented)
        for number in film.tracks.indices {
            // The first two share a key, the last is clear.
            let keyID = Fixtures.keyID(max(number, 1))
            guard number + 1 < film.tracks.count else { continue }
            let url = "https://keys.example/keys/aes?kid=\(keyID)&ticket=a-b_c"
            if kind == "envelope" {
                film.tracks[number].protection = .envelope(
                    EnvelopeProtection(
                        keyID: keyID, keyURL: url,
                        vectors: film.tracks[number].segments.indices.map { [UInt8](repeating: UInt8($0), count: 16) }))
            } else {
                film.tracks[number].protection = .common(
                    CommonProtection(
                        scheme: kind == "cbcs" ? .cbcs : .cenc, keyID: keyID, keyURL: url,
                        constantVector: kind == "cbcs" ? [UInt8](repeating: UInt8(number), count: 16) : nil,
                        playlistKeys: [
                            PlaylistKeySignal(format: .widevine, uri: "data:text/plain;base64,\(keyID)"),
                            PlaylistKeySignal(
                                format: .playReady, uri: "data:text/plain;charset=UTF-16;base64,\(keyID)"),
                        ]))
            }
        }
        let master = try film.multivariantPlaylist()
        let session = attributes("EXT-X-SESSION-KEY", master)
        let used = try film.tracks.flatMap { attributes("EXT-X-KEY", try $0.mediaPlaylist()).map(withoutVector) }
        #expect(Set(session) == Set(used) && Set(session).count == session.count)
        #expect(session.count == (film.tracks.count - 2) * (kind == "envelope" ? 1 : 3))
        #expect(!master.contains("IV=") && !master.contains("METHOD=NONE"))
        // Before the first rendition and variant.
        let all = lines(master)
        let last = try #require(all.lastIndex { $0.hasPrefix("#EXT-X-SESSION-KEY") })
        let first = try #require(all.firstIndex { $0.hasPrefix("#EXT-X-MEDIA:") || $0.hasPrefix("#EXT-X-STREAM") })
        #expect(last < first)
        // The multivariant playlist needs no IVs.
        for number in film.tracks.indices {
            if case .envelope(var envelope) = film.tracks[number].protection {
                envelope.vectors = []
                film.tracks[number].protection = .envelope(envelope)
            }
        }
        #expect(try film.multivariantPlaylist() == master)
    }

    @Test func clearPresentationsHaveNoSessionKey() throws {
        #expect(try !Fixtures.film().multivariantPlaylist().contains("KEY"))
    }

    @Test(arguments: [(25_600, 2), (31_999, 2), (32_000, 3), (12_799, 1), (1, 1), (640_000, 50)] as [(UInt64, Int)])
    func targetDurationIsRounded(duration: UInt64, target: Int) throws {
        var track = Fixtures.video(720)
        track.segments = [.init(start: 0, duration: duration)]
        #expect(try track.mediaPlaylist().contains("#EXT-X-TARGETDURATION:\(target)\n"))
    }

    @Test func durationsAreExactToTheMicrosecond() {
        #expect(decimalSeconds(2_002_000, digits: 3) == "2.002")
        #expect(decimalSeconds(2_000_000, digits: 3) == "2.000")
        #expect(decimalSeconds(2_005_333, digits: 3) == "2.005333")
        #expect(decimalSeconds(11_000_000) == "11")
        #expect(decimalSeconds(0) == "0")
    }

    /// No text of a user's makes a line of its own, or ends its quotes.
    @Test(arguments: hostileTexts)
    func hostileNames(text: String) throws {
        var film = Fixtures.film()
        film.name = text
        film.tracks[2].label = text
        film.tracks[2].addresses.playlist = URLTemplate(text)
        film.tracks[0].addresses.media = URLTemplate(text + "{time}")
        film.tracks[0].addresses.initialization = URLTemplate(text)
        film.tracks[0].protection = .common(
            CommonProtection(scheme: .cbcs, keyID: Fixtures.keyID(0), keyURL: text))
        let master = try film.multivariantPlaylist()
        let harmless = try Fixtures.film().multivariantPlaylist()
        let count = master.split(whereSeparator: \.isNewline).count
        #expect(count == harmless.split(whereSeparator: \.isNewline).count + 1)
        let media = try film.tracks[0].mediaPlaylist()
        #expect(media.split(whereSeparator: \.isNewline).count == 8 + 1 + 6 * 2)
        for line in (master + media).split(separator: "\n") {
            #expect(line.filter { $0 == "\"" }.count % 2 == 0)
            #expect(line.utf8.allSatisfy { $0 >= 0x20 })
        }
        for injected in ["\n#EXT-X-KEY:METHOD=NONE", "\"evil", "\n#EVIL"] {
            #expect(!media.contains(injected) && !master.contains(injected))
        }
        #expect(lines(media).filter { $0.hasPrefix("#EXT-X-ENDLIST") }.count == 1)
    }

    /// What holds our playlists against the rules finds what is broken in others.
    @Test func theCheckerFindsWhatIsBroken() throws {
        let script = Fixtures.root.appendingPathComponent("Tests/HLS/check_test.py").path
        let report = try JSONSerialization.jsonObject(with: Tool.run(["python3", script]).standardOutput)
        let found = try #require(report as? [String: Any])
        #expect(found["wrong"] as? [String] == [])
        #expect(found["tried"] as? Int ?? 0 >= 29)
    }

    static let python = Fixtures.root.appendingPathComponent(".tools/venv/bin/python").path

    /// The PyPI package m3u8 reads what was written.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func anotherParserReadsThePlaylists() throws {
        let film = Fixtures.protected(Fixtures.film(Fixtures.transportStream)) { Fixtures.envelope($1) }
        let program = """
            import json, m3u8, sys
            master = m3u8.loads(sys.argv[1]); media = m3u8.loads(sys.argv[2])
            print(json.dumps([
                [p.stream_info.bandwidth for p in master.playlists], [p.stream_info.codecs for p in master.playlists],
                [m.name for m in master.media], media.target_duration, [s.duration for s in media.segments],
                [s.key.iv for s in media.segments], media.is_endlist, master.is_variant]))
            """
        let tool = try Tool.run([
            Self.python, "-c", program, try film.multivariantPlaylist(), try film.tracks[0].mediaPlaylist(),
        ])
        let expected =
            #"[[1211072, 2291072], ["avc1.64001e,mp4a.40.2", "avc1.64001f,mp4a.40.2"], ["English", "de"], 2, "#
            + #"[2.0, 2.0, 2.0, 2.0, 2.0, 1.0], ["#
            + (0..<6).map { "\"0x" + String(repeating: "0\($0)", count: 16) + "\"" }.joined(separator: ", ")
            + "], true, true]\n"
        #expect(String(decoding: tool.standardOutput, as: UTF8.self) == expected)
    }
}

/// Values that no manifest can be made of.
@Suite(.waiting) struct RefusedPresentationTests {
    private func refuse(_ change: (inout Presentation) -> Void) {
        var film = Fixtures.film()
        change(&film)
        #expect(throws: PresentationError.self) { try film.multivariantPlaylist() }
        #expect(throws: PresentationError.self) { try film.mediaPresentationDescription() }
    }

    @Test func missingParts() {
        refuse { $0.tracks = [] }
        refuse { $0.tracks[0].segments = [] }
        refuse { $0.tracks[0].addresses.media = "no-time.m4s" }
        refuse { $0.tracks[1].description.name = $0.tracks[0].description.name }
        refuse { $0.tracks[1].description.name = "\"" }
        refuse { $0.tracks[0].description.timescale = 0 }
        refuse { $0.tracks[0].segments[0].duration = .max }
    }

    @Test func wrongVectors() throws {
        for count in [0, 1, 7] {
            var track = Fixtures.film().tracks[0]
            let vectors = (0..<count).map { _ in [UInt8](repeating: 1, count: 16) }
            track.protection = .envelope(.init(keyID: Fixtures.keyID(0), keyURL: "k", vectors: vectors))
            #expect(throws: PresentationError.self) { try track.mediaPlaylist() }
        }
        refuse {
            let vectors = $0.tracks[0].segments.map { _ in [1] as [UInt8] }
            $0.tracks[0].protection = .envelope(.init(keyID: Fixtures.keyID(0), keyURL: "k", vectors: vectors))
        }
        refuse {
            $0.tracks[0].protection = .common(
                .init(scheme: .cbcs, keyID: Fixtures.keyID(0), constantVector: [1, 2]))
        }
    }
}
