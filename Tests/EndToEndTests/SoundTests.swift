import Foundation
import TestSupport
import Testing

/// A film with sound in two languages, a commentary and an audio description, encoded and uploaded: all of it is kept, and
/// manifests say what it is.
@Suite(.waiting) struct SoundTests {
    private final class Published: Sendable {
        static let shared = Result { try Published() }

        let data: DataFolder
        let server: RunningServer
        /// By asset: names of the tracks of sound, and where it lies.
        let names: [String: [String]]
        let addresses: [String: String]

        init() throws {
            data = try DataFolder()
            let film = data.folder.path + "/film.mp4"
            var arguments = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=128x96:r=24:d=4"]
            for pitch in [300, 500, 700, 900] {
                arguments += ["-f", "lavfi", "-i", "sine=frequency=\(pitch):r=48000:d=4"]
            }
            for stream in 0...4 { arguments += ["-map", "\(stream)"] }
            arguments += [
                "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-x264-params",
                "keyint=48:min-keyint=48:scenecut=0", "-c:a", "aac", "-metadata:s:a:0", "language=ger",
                "-metadata:s:a:1", "language=eng", "-metadata:s:a:2", "language=eng", "-metadata:s:a:3", "language=eng",
                "-disposition:a:0", "0", "-disposition:a:1", "default", "-disposition:a:2", "comment",
                "-disposition:a:3", "visual_impaired", film,
            ]
            let outcome = try run(Programs.outside("ffmpeg"), arguments)
            guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
            let policy = try data.folder.write(
                "clear.yaml",
                Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash, smooth]\nencryption: none\n".utf8))
            try data.must("apply", policy)
            try data.must("encode", film, "--asset", "encoded", "--json")
            try data.must("asset", "upload", "uploaded", film, "--json")
            server = try RunningServer(data)
            var (names, addresses) = ([String: [String]](), [String: String]())
            for asset in ["encoded", "uploaded"] {
                let shown = try data.must("asset", "show", asset, "--json").json()
                names[asset] = (shown["tracks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
                    .filter { $0.hasPrefix("audio") }
                let locator = try data.must("publish", asset, "--delivery", "clear", "--json").json()["locator"]
                addresses[asset] = "\(server.origin)/\(locator as? String ?? "")/\(asset).ism"
            }
            (self.names, self.addresses) = (names, addresses)
        }
    }

    private let site: Published

    init() throws {
        site = try Published.shared.get()
    }

    private func address(_ asset: String) throws -> String { try #require(site.addresses[asset]) }

    @Test func everyStreamOfSoundBecomesATrack() {
        #expect(
            site.names["encoded"] == [
                "audio-eng-64k", "audio-ger-64k", "audio-eng-commentary-64k", "audio-eng-description-64k",
            ])
        #expect(site.names["uploaded"]?.count == 4)
    }

    @Test(arguments: ["encoded", "uploaded"])
    func playlistsTellSoundsApart(asset: String) throws {
        let playlist = String(decoding: try curl("\(address(asset))/manifest(format=m3u8-aapl)").body, as: UTF8.self)
        let lines = playlist.split(separator: "\n").filter { $0.contains("TYPE=AUDIO") }
        #expect(lines.count == 4)
        let english = lines.filter { $0.contains("LANGUAGE=\"eng\"") }
        #expect(english.count == 3)
        #expect(lines.filter { $0.contains("NAME=\"eng (commentary)\"") }.count == 1)
        #expect(lines.filter { $0.contains("public.accessibility.describes-video") }.count == 1)
        #expect(lines.filter { $0.contains("DEFAULT=YES") }.count == Set(lines.compactMap(Self.group)).count)
        let script = Programs.repository.appendingPathComponent("Tests/HLS/check.py").path
        let checked = try run(
            Programs.outside("python"), [script, "\(try address(asset))/manifest(format=m3u8-aapl)"])
        #expect(try checked.json()["broken"] as? [String] == [])
    }

    private static func group(_ line: Substring) -> String? {
        line.components(separatedBy: "GROUP-ID=\"").dropFirst().first?.components(separatedBy: "\"").first
    }

    /// The source's own choice is first, and so the default.
    @Test func theDefaultIsTheSources() throws {
        let playlist = String(
            decoding: try curl("\(address("encoded"))/manifest(format=m3u8-aapl)").body, as: UTF8.self)
        let chosen = playlist.split(separator: "\n").filter { $0.contains("DEFAULT=YES") }
        #expect(chosen.contains { $0.contains("audio-eng-64k") })
    }

    @Test(arguments: ["encoded", "uploaded"])
    func descriptionsNameRolesAndAreValid(asset: String) throws {
        let folder = try Folder()
        let file = try folder.write("film.mpd", try curl("\(address(asset))/manifest(format=mpd-time-cmaf)").body)
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let checked = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", file],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        #expect(checked.status == 0, "\(checked.errors)")
        let path = "//*[@contentType='audio']/*[local-name()='Role']/@value"
        let roles = try run(Programs.outside("xmllint"), ["--nonet", "--xpath", path, file]).text
            .split(separator: "\n").compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
        #expect(roles.sorted() == ["alternate", "commentary", "description", "main"])
    }

    /// Each track has the pitch of its stream: nothing was mixed up.
    @Test func tracksHaveTheirOwnSound() throws {
        for (name, pitch) in zip(try #require(site.names["encoded"]), [500, 300, 700, 900]) {
            let playlist = "\(try address("encoded"))/v1/clear/ts/\(name)/media.m3u8"
            let crossings = try run(
                Programs.outside("ffmpeg"),
                [
                    "-v", "info", "-ss", "1", "-i", playlist, "-af", "astats=measure_perchannel=Zero_crossings_rate",
                    "-f", "null", "-",
                ])
            let line = crossings.errors.split(separator: "\n").first { $0.contains("Zero crossings rate:") }
            let rate = try #require(line?.split(separator: " ").last.flatMap { Double($0) })
            #expect(abs(rate * 48000 / 2 - Double(pitch)) < 20)
        }
    }
}
