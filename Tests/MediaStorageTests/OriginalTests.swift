import Foundation
import MediaStorage
import Testing

@Suite struct OriginalTests {
    private func append(_ bytes: [UInt8], to writer: any OriginalWriter) throws {
        try bytes.withUnsafeBytes { try writer.append($0) }
    }

    @Test func anOriginalGoesOnWhereItWasAndHasOneWriter() throws {
        let folder = try StorageFolder()
        #expect(try folder.storage.size(ofOriginal: "x", in: nil) == 0)
        var writer: (any OriginalWriter)? = try folder.storage.append(toOriginal: "x", in: nil)
        try append([1, 2, 3], to: #require(writer))
        #expect {
            _ = try folder.storage.append(toOriginal: "x", in: nil)
        } throws: { ($0 as? MediaStorageError)?.code == .busy }
        // As when a process dies: nobody closes it.
        writer = nil
        let second = try folder.storage.append(toOriginal: "x", in: nil)
        #expect(second.size == 3)
        try append([4, 5], to: second)
        try second.truncate(to: 4)
        try append([6], to: second)
        try second.close()
        #expect(try folder.storage.contents(of: StoredFile(original: "x"), limit: 10) == Data([1, 2, 3, 4, 6]))
        #expect(try folder.storage.originals().map(\.name) == ["x"])
        try folder.storage.removeOriginal("x", in: nil)
        try folder.storage.removeOriginal("x", in: nil)
        #expect(try folder.storage.originals().isEmpty)
    }

    @Test(arguments: ["..", "../x", "a/b", ".hidden", ""])
    func namesDoNotLeaveTheirFolder(name: String) throws {
        let folder = try StorageFolder()
        #expect(throws: MediaStorageError.self) { try folder.storage.append(toOriginal: name, in: nil) }
        #expect(throws: MediaStorageError.self) { try folder.storage.removeOriginal(name, in: nil) }
        #expect(throws: MediaStorageError.self) { try folder.storage.removeVersions(of: name) }
    }

    @Test func leftoversOfVersionsAreNotOriginals() throws {
        let folder = try StorageFolder()
        try folder.storage.append(toOriginal: "x", in: nil).close()
        try folder.storage.removeLeftovers(in: nil) { _, _ in false }
        #expect(try folder.storage.originals().map(\.name) == ["x"])
    }
}
