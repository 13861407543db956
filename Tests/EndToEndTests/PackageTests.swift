import Foundation
import Glibc
import TestSupport
import Testing

/// `keyway package`: files for plain storage that are what the origin answers, byte for byte, and that players play without
/// the origin.
@Suite(.waiting) struct PackageTests {
    let forms: FormsSite
    var site: Site { forms.site }

    init() throws {
        forms = try FormsSite.shared.get()
    }

    /// Formats that one package holds, and where the origin serves the same.
    struct Source: Sendable, CustomTestStringConvertible {
        var name: String
        var formats: [String]
        var encryption: String?
        var base: @Sendable (FormsSite) -> String
        var testDescription: String { name }
    }

    static let sources = [
        Source(name: "clear", formats: ["m3u8-cmaf", "mpd-time-cmaf", "m3u8-aapl", "m3u8-aapl-v3"]) { $0.clear },
        Source(
            name: "envelope", formats: ["m3u8-cmaf", "mpd-time-csf", "m3u8-aapl", "m3u8-aapl-v3"], encryption: "cbc"
        ) { $0.envelope },
        Source(name: "cenc", formats: ["m3u8-cmaf", "mpd-time-cmaf", "mpd-time-csf"], encryption: "cenc") { $0.cenc },
        Source(name: "cbcs", formats: ["m3u8-cmaf", "m3u8-aapl"], encryption: "cbcs-aapl") { $0.site.protected },
    ]

    static let manifests = [
        "manifest.mpd": "mpd-time-cmaf", "manifest-csf.mpd": "mpd-time-csf", "master.m3u8": "m3u8-cmaf",
        "master-ts.m3u8": "m3u8-aapl", "master-v3.m3u8": "m3u8-aapl-v3",
    ]

    @discardableResult
    private func package(_ source: Source, into folder: String, _ more: [String] = []) throws -> Outcome {
        let locator = source.base(forms).split(separator: "/")[2]
        return try run(
            Programs.own("keyway"),
            ["package", "film", "--locator", String(locator), "--output", folder, "--keys-url", site.server.origin]
                + source.formats.flatMap { ["--format", $0] } + (source.encryption.map { ["--encryption", $0] } ?? [])
                + more, environment: site.data.environment)
    }

    private static func files(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains(".") }.sorted()
    }

    @Test(arguments: sources)
    func everyFileIsWhatTheOriginAnswers(_ source: Source) throws {
        let folder = try Folder()
        let output = folder.path + "/package"
        let outcome = try package(source, into: output, ["--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        let report = try outcome.json()
        let files = try Self.files(output)
        #expect(report["files"] as? Int == files.count)
        let sizes = try files.map {
            try #require(try FileManager.default.attributesOfItem(atPath: "\(output)/\($0)")[.size] as? Int)
        }
        #expect(report["bytes"] as? Int == sizes.reduce(0, +))
        #expect(Set(files.filter { !$0.contains("/") }.compactMap { Self.manifests[$0] }) == Set(source.formats))
        for file in files {
            let parameters = Self.manifests[file].map { format in
                "manifest(format=\(format)\(source.encryption.map { ",encryption=\($0)" } ?? ""))"
            }
            let answer = try curl("\(source.base(forms))/\(parameters ?? file)")
            #expect(answer.status == 200, "\(file)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(output)/\(file)")) == answer.body, "\(file)")
        }
    }

    /// Everything that manifests name is in the package: ffmpeg decodes from the files what the origin streams.
    @Test(arguments: ["master.m3u8", "master-ts.m3u8", "master-v3.m3u8", "manifest.mpd"])
    func playsFromFiles(manifest: String) throws {
        let folder = try Folder()
        let output = folder.path + "/package"
        try #require(try package(Self.sources[0], into: output).status == 0)
        let format = try #require(Self.manifests[manifest])
        for stream in ["v:0", "a:0"] {
            let expected = try FormsSite.frames(["-i", "\(forms.clear)/manifest(format=\(format))"], stream)
            #expect(!expected.isEmpty)
            #expect(try FormsSite.frames(["-i", "\(output)/\(manifest)"], stream) == expected)
        }
    }

    /// AES-128 from plain storage, with keys from the key service: with a token, and not without one.
    @Test func keysStillComeFromTheKeyService() throws {
        let storage = try StandIn("Package/files.py")
        defer { storage.stop() }
        let outcome = try package(Self.sources[1], into: storage.folder.path + "/film")
        try #require(outcome.status == 0, "\(outcome.errors)")
        let input = ["-i", "\(storage.address)/film/master-ts.m3u8"]
        let expected = try FormsSite.frames(["-i", "\(forms.clear)/manifest(format=m3u8-aapl)"], "v:0")
        let frames = try FormsSite.frames(["-headers", "Authorization: Bearer \(site.token)\r\n"] + input, "v:0")
        #expect(!expected.isEmpty)
        #expect(frames == expected)
        let refused = try run(
            Programs.outside("ffmpeg"), ["-v", "error"] + input + ["-map", "v:0", "-f", "framemd5", "-"])
        #expect(refused.status != 0 || !refused.errors.isEmpty)
    }

    @Test func aFolderThatHoldsSomethingIsLeftAsItIs() throws {
        let folder = try Folder()
        let kept = try folder.write("kept", Data("kept".utf8))
        let outcome = try package(Self.sources[0], into: folder.path)
        #expect(outcome.status == 73)
        #expect(outcome.errors.contains("not an empty folder"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["kept"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == Data("kept".utf8))
    }

    /// What a package that was killed has left is no package, and the next one removes it.
    @Test func aDeadPackageLeavesNothingThatLooksWhole() throws {
        let folder = try Folder()
        let staging = folder.path + "/.package.partial/v1"
        try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(fileURLWithPath: staging + "/0.m4s"))
        let outcome = try package(Self.sources[0], into: folder.path + "/package")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["package"])
    }

    @Test func twoProcessesDoNotWriteOnePackage() throws {
        let folder = try Folder()
        let staging = folder.path + "/.package.partial"
        try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
        let descriptor = open(staging, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        defer { close(descriptor) }
        let outcome = try package(Self.sources[0], into: folder.path + "/package")
        #expect(outcome.status == 73)
        #expect(outcome.errors.contains("another process"))
    }

    @Test func refusalsSayWhatToDo() throws {
        let folder = try Folder()
        func refusal(_ arguments: String...) throws -> Outcome {
            try run(
                Programs.own("keyway"), ["package"] + arguments + ["--output", folder.path + "/never"],
                environment: site.data.environment)
        }
        let locator = String(forms.clear.split(separator: "/")[2])
        let several = try refusal("film")
        #expect(several.status == 65)
        #expect(several.errors.contains("--locator") && several.errors.contains(locator))
        #expect(try refusal("no-such-film").status == 66)
        let unknown = try refusal("film", "--locator", locator, "--format", "flv")
        #expect(unknown.status == 65)
        #expect(unknown.errors.contains("mpd-time-cmaf"))
        let smooth = try refusal("film", "--locator", locator, "--format", "fmp4-v20")
        #expect(smooth.status == 65)
        #expect(smooth.errors.contains("needs a server"))
        let encrypted = try refusal("film", "--locator", locator, "--encryption", "cenc")
        #expect(encrypted.status == 65)
        #expect(encrypted.errors.contains("do not allow this encryption"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
