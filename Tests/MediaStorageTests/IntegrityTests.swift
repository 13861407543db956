import ContentKeys
import Foundation
import MediaStorage
import Testing

/// Any changed bit of what is stored is found, and its place is said.
@Suite struct IntegrityTests {
    private static let file = StoredFile(asset: "film", version: 1, name: "a.cmaf")

    private struct Stored {
        let folder: StorageFolder
        let form: StorageForm
        let clear: [UInt8]
        let digest: [UInt8]

        /// Three pieces, the last one short.
        init(encrypted: Bool, size: Int = 2 * PieceTagger.pieceSize + 777) throws {
            folder = try StorageFolder()
            let key = try #require(Array(UInt8(0)..<32).withUnsafeBytes { ContentKey(.storage, copying: $0) })
            form = encrypted ? .encrypted(key, nonce: 5) : .clear
            clear = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
            let staged = try folder.storage.stage(in: nil)
            let writer = try StoredFileWriter(staged, name: "a.cmaf", form: form)
            for start in stride(from: 0, to: size, by: 100_001) {
                try clear[start..<min(start + 100_001, size)].withUnsafeBytes { try writer.append($0) }
            }
            digest = try writer.finish()
            try staged.commit(asset: "film", version: 1)
        }

        func damage() throws -> [StorageDamage] {
            try FileVerification(folder.storage).damage(
                of: IntegrityTests.file, form: form, size: UInt64(clear.count), tagsDigest: digest)
        }

        func flip(_ name: String, bit: Int) throws {
            let url = URL(fileURLWithPath: folder.path + "/assets/film/v1/" + name)
            var data = try Data(contentsOf: url)
            data[bit / 8] ^= 1 << (bit % 8)
            try data.write(to: url)
        }
    }

    @Test(arguments: [true, false])
    func whatIsWholeIsServedAlikeAndLiesAsItShould(encrypted: Bool) throws {
        let stored = try Stored(encrypted: encrypted)
        #expect(try stored.damage().isEmpty)
        let lying = try stored.folder.storage.contents(of: Self.file, limit: 1 << 20)
        #expect((Array(lying) == stored.clear) == !encrypted)
        for digest in [nil, stored.digest] {
            let reader = try stored.folder.storage.open(Self.file, form: stored.form, verifying: digest)
            var whole: [UInt8] = []
            try reader.append(0..<reader.size, to: &whole)
            #expect(whole == stored.clear)
        }
    }

    /// Sixty bits of each file, by a fixed rule.
    @Test(arguments: [true, false])
    func anyFlippedBitIsFoundWhereItIs(encrypted: Bool) throws {
        let stored = try Stored(encrypted: encrypted)
        for step in 0..<60 {
            let bit = (step * 7919 * 8 + step) % (stored.clear.count * 8)
            try stored.flip("a.cmaf", bit: bit)
            let found = try stored.damage()
            #expect(found.count == 1)
            #expect(found.first?.file == "a.cmaf")
            #expect(found.first?.range?.contains(UInt64(bit / 8)) == true)
            try stored.flip("a.cmaf", bit: bit)
        }
        for bit in 0..<(3 * PieceTagger.tagSize * 8) {
            try stored.flip("a.cmaf.tags", bit: bit)
            let found = try stored.damage()
            #expect(found.map(\.file) == ["a.cmaf.tags"])
            #expect(found.first?.range?.contains(UInt64(bit / 8)) == true)
            try stored.flip("a.cmaf.tags", bit: bit)
        }
        #expect(try stored.damage().isEmpty)
    }

    @Test(arguments: [true, false])
    func readsThatAreVerifiedStopAtDamage(encrypted: Bool) throws {
        let stored = try Stored(encrypted: encrypted)
        try stored.flip("a.cmaf", bit: (PieceTagger.pieceSize + 10) * 8)
        let reader = try stored.folder.storage.open(Self.file, form: stored.form, verifying: stored.digest)
        var part: [UInt8] = []
        // The pieces beside it are whole.
        try reader.append(0..<100, to: &part)
        try reader.append(reader.size - 10..<reader.size, to: &part)
        #expect(part == stored.clear.prefix(100) + stored.clear.suffix(10))
        #expect {
            try reader.append(UInt64(PieceTagger.pieceSize) - 1..<UInt64(PieceTagger.pieceSize) + 1, to: &part)
        } throws: { ($0 as? MediaStorageError)?.code == .damaged }
        try stored.flip("a.cmaf.tags", bit: 0)
        #expect {
            _ = try stored.folder.storage.open(Self.file, form: stored.form, verifying: stored.digest)
        } throws: { ($0 as? MediaStorageError)?.code == .damaged }
    }

    @Test func missingAndCutFilesAreSaid() throws {
        let stored = try Stored(encrypted: true)
        let path = stored.folder.path + "/assets/film/v1/a.cmaf"
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        try data.dropLast().write(to: URL(fileURLWithPath: path))
        #expect(try stored.damage().map(\.reason) == ["it has \(data.count - 1) bytes instead of \(data.count)"])
        try FileManager.default.removeItem(atPath: path)
        #expect(try stored.damage().map(\.reason) == ["it is missing"])
        try data.write(to: URL(fileURLWithPath: path))
        try FileManager.default.removeItem(atPath: path + ".tags")
        #expect(try stored.damage().map(\.file) == ["a.cmaf.tags"])
    }

    /// One bad sector, or whatever else cannot be read, does not end the look at everything else.
    @Test func whatCannotBeReadIsDamageOfItsFile() throws {
        let stored = try Stored(encrypted: true)
        let folder = stored.folder.path + "/assets/film/v1/"
        for name in ["a.cmaf", "a.cmaf.tags"] {
            try FileManager.default.moveItem(atPath: folder + name, toPath: folder + "aside")
            try FileManager.default.createDirectory(atPath: folder + name, withIntermediateDirectories: false)
            #expect(try stored.damage().map(\.file) == [name])
            try FileManager.default.removeItem(atPath: folder + name)
            try FileManager.default.moveItem(atPath: folder + "aside", toPath: folder + name)
        }
        try FileManager.default.createDirectory(atPath: folder + "index", withIntermediateDirectories: false)
        let index = StoredFile(asset: "film", version: 1, name: "index")
        let found = try FileVerification(stored.folder.storage).damage(of: index, digest: [])
        #expect(found.map(\.file) == ["index"])
        // What the looker throws ends it, as before.
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            _ = try FileVerification(stored.folder.storage).damage(
                of: Self.file, form: stored.form, size: UInt64(stored.clear.count), tagsDigest: stored.digest
            ) { _ in throw Stop() }
        }
    }

    /// Without the storage key nobody makes tags that fit.
    @Test func tagsOfEncryptedFilesDependOnKeyAndNonce() throws {
        let stored = try Stored(encrypted: true)
        guard case .encrypted(let key, _) = stored.form else { return }
        for form in [StorageForm.encrypted(.random(.storage), nonce: 5), .encrypted(key, nonce: 6), .clear] {
            let damage = try FileVerification(stored.folder.storage).damage(
                of: Self.file, form: form, size: UInt64(stored.clear.count), tagsDigest: stored.digest)
            #expect(!damage.isEmpty)
        }
    }
}

final class StorageFolder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-storage-\(UUID().uuidString)").path
    let storage: FileSystemMediaStorage

    init() throws {
        storage = try FileSystemMediaStorage(root: path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
