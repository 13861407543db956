import ContentKeys
import Foundation
import MediaStorage
import Testing

@Suite struct MediaStorageTests {
    private final class Root {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-storage-\(UUID().uuidString)")
            .path

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private func key(_ type: ContentKeyType = .storage) throws -> ContentKey {
        try #require(Array(UInt8(0)..<UInt8(type.keyLength)).withUnsafeBytes { ContentKey(type, copying: $0) })
    }

    private func write(_ bytes: [UInt8], to writer: any MediaWriter) throws {
        try bytes.withUnsafeBytes { try writer.append($0) }
        try writer.close()
    }

    /// The reference's vector (6.2).
    @Test func keyStreamIsTheReferences() throws {
        let cipher = try StorageCipher(key: key(), nonce: 81_985_529_216_486_895)
        func keyStream(_ range: Range<Int>) throws -> String {
            var bytes = [UInt8](repeating: 0, count: range.count)
            try bytes.withUnsafeMutableBytes { try cipher.apply(to: $0, at: UInt64(range.lowerBound)) }
            return bytes.map { String(format: "%02x", $0) }.joined()
        }
        #expect(try keyStream(0..<16) == "237a4583035aff9724e9ec3d70a908f1")
        #expect(try keyStream(20..<30) == "221d0789783ce873704f")
    }

    @Test(arguments: [ContentKeyType.common, .commonCbcs, .envelope])
    func onlyStorageKeysEncryptStorage(type: ContentKeyType) throws {
        #expect(throws: MediaStorageError.self) { try StorageCipher(key: key(type), nonce: 1) }
    }

    @Test func rangesOfAnEncryptedFileDecryptAlone() throws {
        let root = Root()
        let storage = try FileSystemMediaStorage(root: root.path)
        let clear = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let cipher = try StorageCipher(key: key(), nonce: 7)
        let staged = try storage.stage(in: nil)
        let writer = EncryptingWriter(try staged.create("a.cmaf"), cipher: cipher)
        for start in stride(from: 0, to: clear.count, by: 777) {
            try clear[start..<min(start + 777, clear.count)].withUnsafeBytes { try writer.append($0) }
        }
        try writer.close()
        try staged.commit(asset: "film", version: 1)
        let plain = try storage.open(StoredFile(asset: "film", version: 1, name: "a.cmaf"))
        var stored: [UInt8] = []
        try plain.append(0..<10_000, to: &stored)
        #expect(stored != clear)
        let reader = DecryptingReader(plain, cipher: cipher)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let start = Int.random(in: 0..<clear.count, using: &generator)
            let end = Int.random(in: start...clear.count, using: &generator)
            var part: [UInt8] = []
            try reader.append(UInt64(start)..<UInt64(end), to: &part)
            #expect(part == Array(clear[start..<end]))
        }
        #expect(throws: MediaStorageError.self) {
            var part: [UInt8] = []
            try reader.append(9_999..<10_001, to: &part)
        }
    }

    @Test func nothingIsVisibleBeforeCommitAndNothingIsReplaced() throws {
        let root = Root()
        let storage = try FileSystemMediaStorage(root: root.path)
        let file = StoredFile(asset: "film", version: 1, name: "a")
        let first = try storage.stage(in: nil)
        try write([1], to: try first.create("a"))
        #expect(throws: MediaStorageError.self) { try storage.open(file) }
        try first.commit(asset: "film", version: 1)
        #expect(try storage.contents(of: file, limit: 10) == Data([1]))
        let second = try storage.stage(in: nil)
        try write([2], to: try second.create("a"))
        #expect(throws: MediaStorageError.self) { try second.commit(asset: "film", version: 1) }
        second.discard()
        #expect(try storage.contents(of: file, limit: 10) == Data([1]))
        #expect(throws: MediaStorageError.self) { try storage.contents(of: file, limit: 0) }
    }

    @Test func leftoversAreRemoved() throws {
        let root = Root()
        let storage = try FileSystemMediaStorage(root: root.path)
        for version in 1...2 {
            let staged = try storage.stage(in: nil)
            try write([1], to: try staged.create("a"))
            try staged.commit(asset: "film", version: version)
        }
        try FileManager.default.createDirectory(atPath: root.path + "/staging/dead", withIntermediateDirectories: true)
        try storage.removeLeftovers(in: nil) { _, version in version == 1 }
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path + "/staging").isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path + "/assets/film") == ["v1"])
    }

    @Test(arguments: ["..", "../x", "a/b", ".hidden", "", "a\u{0}b", String(repeating: "a", count: 129)])
    func namesDoNotLeaveTheirFolder(name: String) throws {
        let root = Root()
        let storage = try FileSystemMediaStorage(root: root.path)
        #expect(throws: MediaStorageError.self) { try storage.open(StoredFile(asset: "a", version: 1, name: name)) }
        #expect(throws: MediaStorageError.self) { try storage.open(StoredFile(asset: name, version: 1, name: "a")) }
        let staged = try storage.stage(in: nil)
        #expect(throws: MediaStorageError.self) { try staged.create(name) }
        #expect(throws: MediaStorageError.self) { try staged.commit(asset: name, version: 1) }
    }

    @Test func symbolicLinksAreNotFollowedAndFilesArePrivate() throws {
        let root = Root()
        let storage = try FileSystemMediaStorage(root: root.path)
        let staged = try storage.stage(in: nil)
        try write([1], to: try staged.create("a"))
        try staged.commit(asset: "film", version: 1)
        let folder = root.path + "/assets/film/v1"
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/a")
        #expect(throws: MediaStorageError.self) {
            try storage.open(StoredFile(asset: "film", version: 1, name: "link"))
        }
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(folder + "/a") == 0o600)
        #expect(try mode(folder) == 0o700)
    }
}
