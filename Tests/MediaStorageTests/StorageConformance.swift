import ContentKeys
import Foundation
import MediaStorage
import Testing

/// An engine of the port `MediaStorage`, empty, for the conformance kit. A new engine is a case here.
enum StorageEngine: String, CaseIterable, Sendable {
    /// A folder that is the default account.
    case folder
    /// A folder that is a storage account with a name.
    case account
    /// An account among several.
    case accounts

    /// The account that the kit's files are in.
    var account: String? { self == .accounts ? "films" : nil }

    func make(in root: String) throws -> any MediaStorage {
        switch self {
        case .folder: return try FileSystemMediaStorage(root: root + "/media")
        case .account: return try Self.account("films", root)
        case .accounts:
            return StorageAccounts([
                StorageAccount(
                    name: nil, weight: 1, place: "media", engine: try FileSystemMediaStorage(root: root + "/media")),
                StorageAccount(
                    name: "films", weight: 1, place: "films", engine: try Self.account("films", root)),
            ])
        }
    }

    private static func account(_ name: String, _ root: String) throws -> FileSystemMediaStorage {
        let folder = "\(root)/\(name)"
        // Opened again it is the same account.
        let id = root + "/" + name + ".identity"
        if let known = try? String(contentsOfFile: id, encoding: .utf8) {
            return FileSystemMediaStorage(root: folder, mark: StorageAccountMark(name: name, identity: known))
        }
        let mark = try StorageAccountMark.make(folder, name: name)
        try (mark.identity ?? "").write(toFile: id, atomically: true, encoding: .utf8)
        return FileSystemMediaStorage(root: folder, mark: mark)
    }
}

/// What every engine must do. All of it goes through the port alone.
@Suite struct StorageConformance {
    /// A place of its own for one engine; opened anew by `storage()`, as by another process.
    private final class Place {
        let engine: StorageEngine
        let root: String
        let storage: any MediaStorage

        init(_ engine: StorageEngine) throws {
            self.engine = engine
            root = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-kit-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            storage = try engine.make(in: root)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: root)
        }

        func reopened() throws -> any MediaStorage { try engine.make(in: root) }

        /// Another storage of this engine, whose files are other accounts' to this one.
        func other() throws -> any MediaStorage {
            try FileManager.default.createDirectory(atPath: root + "/other", withIntermediateDirectories: true)
            return try engine.make(in: root + "/other")
        }

        func file(_ name: String, version: Int = 1) -> StoredFile {
            StoredFile(asset: "film", version: version, name: name, account: engine.account)
        }

        func store(_ bytes: [UInt8], as name: String = "a", version: Int = 1) throws {
            let staged = try storage.stage(in: engine.account)
            try StorageConformance.write(bytes, to: try staged.create(name))
            try staged.commit(asset: "film", version: version)
        }

        func contents(_ file: StoredFile, in storage: (any MediaStorage)? = nil) throws -> [UInt8] {
            var bytes: [UInt8] = []
            let reader = try (storage ?? self.storage).open(file)
            try reader.append(0..<reader.size, to: &bytes)
            return bytes
        }
    }

    fileprivate static func write(_ bytes: [UInt8], to writer: any MediaWriter) throws {
        try bytes.withUnsafeBytes { try writer.append($0) }
        try writer.close()
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    }

    private func code(_ body: () throws -> Void) -> MediaStorageError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? MediaStorageError)?.code
        }
    }

    // MARK: Versions

    @Test(arguments: StorageEngine.allCases, [false, true])
    func whatWasWrittenIsRead(engine: StorageEngine, isEncrypted: Bool) throws {
        let place = try Place(engine)
        let key = try #require(Array(UInt8(0)..<32).withUnsafeBytes { ContentKey(.storage, copying: $0) })
        let form: StorageForm = isEncrypted ? .encrypted(key, nonce: 3) : .clear
        for (version, size) in [0, 1, 15, 16, 17, PieceTagger.pieceSize, PieceTagger.pieceSize + 1].enumerated() {
            let clear = Self.bytes(size)
            let staged = try place.storage.stage(in: engine.account)
            let writer = try StoredFileWriter(staged, name: "a.cmaf", form: form)
            try clear.withUnsafeBytes { try writer.append($0) }
            let digest = try writer.finish()
            try staged.commit(asset: "film", version: version + 1)
            let file = place.file("a.cmaf", version: version + 1)
            for storage in [place.storage, try place.reopened()] {
                let reader = try storage.open(file, form: form, verifying: digest)
                var read: [UInt8] = []
                try reader.append(0..<reader.size, to: &read)
                #expect(read == clear)
            }
            #expect(
                try FileVerification(place.storage).damage(
                    of: file, form: form, size: UInt64(size), tagsDigest: digest
                ).isEmpty)
        }
    }

    @Test(arguments: StorageEngine.allCases)
    func everyRangeIsThatOfTheWhole(engine: StorageEngine) throws {
        let place = try Place(engine)
        let whole = Self.bytes(10_000)
        try place.store(whole)
        let reader = try place.storage.open(place.file("a"))
        #expect(reader.size == 10_000)
        var state: UInt64 = 42
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for _ in 0..<200 {
            let start = next(10_001)
            let end = start + next(10_001 - start)
            var part: [UInt8] = []
            try reader.append(UInt64(start)..<UInt64(end), to: &part)
            #expect(part == Array(whole[start..<end]))
        }
        for range in [9_999..<10_001, 10_000..<10_001, 20_000..<20_001] as [Range<UInt64>] {
            var part: [UInt8] = []
            #expect(code { try reader.append(range, to: &part) } == .outOfRange)
        }
    }

    @Test(arguments: StorageEngine.allCases)
    func aVersionComesWholeOrNotAtAll(engine: StorageEngine) throws {
        let place = try Place(engine)
        let staged = try place.storage.stage(in: engine.account)
        try Self.write([1], to: try staged.create("a"))
        #expect(code { _ = try place.storage.open(place.file("a")) } == .missing)
        try Self.write([2], to: try staged.create("b"))
        #expect(code { _ = try staged.create("b") } == .exists)
        try staged.commit(asset: "film", version: 1)
        #expect(try place.contents(place.file("a")) == [1])
        #expect(try place.contents(place.file("b")) == [2])
        // Harmless, and without effect.
        staged.discard()
        #expect(try place.contents(place.file("a")) == [1])
    }

    @Test(arguments: StorageEngine.allCases)
    func whatIsThereIsNeverReplaced(engine: StorageEngine) throws {
        let place = try Place(engine)
        try place.store([1])
        let second = try place.storage.stage(in: engine.account)
        try Self.write([2], to: try second.create("a"))
        #expect(code { try second.commit(asset: "film", version: 1) } == .exists)
        #expect(try place.contents(place.file("a")) == [1])
        // It may still become another version.
        try second.commit(asset: "film", version: 2)
        #expect(try place.contents(place.file("a", version: 2)) == [2])
    }

    /// A file of a version is in the next one, too, and stays there when the first is gone.
    @Test(arguments: StorageEngine.allCases)
    func aFileIsSharedWithTheNextVersion(engine: StorageEngine) throws {
        let place = try Place(engine)
        let bytes = Self.bytes(PieceTagger.pieceSize + 5)
        try place.store(bytes)
        let staged = try place.storage.stage(in: engine.account)
        try place.storage.share(place.file("a"), with: staged, as: "b")
        #expect(code { try place.storage.share(place.file("a"), with: staged, as: "b") } == .exists)
        #expect(code { try place.storage.share(place.file("c"), with: staged, as: "d") } == .missing)
        #expect(code { try place.storage.share(place.file("a"), with: staged, as: "../d") } == .nameNotAllowed)
        try staged.commit(asset: "film", version: 2)
        #expect(try place.contents(place.file("a")) == bytes)
        #expect(try place.contents(place.file("b", version: 2)) == bytes)
        try place.storage.removeVersions(of: "film", in: engine.account) { $0 == 2 }
        #expect(code { _ = try place.storage.open(place.file("a")) } == .missing)
        #expect(try place.contents(place.file("b", version: 2), in: try place.reopened()) == bytes)
    }

    /// From another account it is copied.
    @Test func aFileIsSharedAcrossAccounts() throws {
        let place = try Place(.accounts)
        try place.store([1, 2, 3])
        let staged = try place.storage.stage(in: nil)
        try place.storage.share(place.file("a"), with: staged, as: "a")
        try staged.commit(asset: "film", version: 2)
        try place.storage.removeVersions(of: "film", in: place.engine.account) { _ in false }
        #expect(try place.contents(StoredFile(asset: "film", version: 2, name: "a")) == [1, 2, 3])
    }

    private struct Stopped: Error {}

    /// A copy is asked before each piece whether it shall go on, and leaves no half of a file; what only gets a second name has
    /// nothing to ask.
    @Test(arguments: StorageEngine.allCases, [0, 1, 3])
    func aCopyThatIsStoppedLeavesNothing(engine: StorageEngine, pieces: Int) throws {
        let place = try Place(engine)
        let bytes = Self.bytes(4 * PieceTagger.pieceSize + 5)
        try place.store(bytes)
        let other = try place.other()
        let staged = try other.stage(in: engine.account)
        try Self.write([7], to: try staged.create("b"))
        var asked = 0
        #expect(throws: Stopped.self) {
            try place.storage.share(place.file("a"), with: staged, as: "a") {
                asked += 1
                if asked > pieces { throw Stopped() }
            }
        }
        #expect(asked == pieces + 1)
        // What was not begun by the copy is there still, and its name is free.
        #expect(code { _ = try staged.create("b") } == .exists)
        if pieces == 1 { try place.storage.share(place.file("a"), with: staged, as: "a") }
        try staged.commit(asset: "film", version: 1)
        #expect(try place.contents(place.file("b"), in: other) == [7])
        if pieces == 1 {
            #expect(try place.contents(place.file("a"), in: other) == bytes)
        } else {
            #expect(code { _ = try other.open(place.file("a")) } == .missing)
        }
    }

    /// What was not made by a copy stays where one of its name is refused.
    @Test(arguments: StorageEngine.allCases)
    func aRefusedCopyTouchesNothing(engine: StorageEngine) throws {
        let place = try Place(engine)
        try place.store([1, 2, 3])
        let other = try place.other()
        let staged = try other.stage(in: engine.account)
        try Self.write([7], to: try staged.create("a"))
        #expect(code { try place.storage.share(place.file("a"), with: staged, as: "a") } == .exists)
        staged.remove("none")
        staged.remove("../film")
        try staged.commit(asset: "film", version: 1)
        staged.remove("a")
        #expect(try place.contents(place.file("a"), in: other) == [7])
    }

    @Test(arguments: StorageEngine.allCases)
    func ofManyThatCommitOneVersionOneDoes(engine: StorageEngine) async throws {
        let place = try Place(engine)
        let storage = place.storage
        let account = engine.account
        let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
            for number in 0..<UInt8(8) {
                group.addTask {
                    let staged = try storage.stage(in: account)
                    try Self.write([number], to: try staged.create("a"))
                    do {
                        try staged.commit(asset: "film", version: 1)
                        return number
                    } catch let error as MediaStorageError where error.code == .exists {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: [UInt8]()) { winners, number in
                if let number { winners.append(number) }
            }
        }
        #expect(winners.count == 1)
        #expect(try place.contents(place.file("a")) == winners)
    }

    @Test(arguments: StorageEngine.allCases)
    func whatACrashLeftIsRemovedAndNothingElse(engine: StorageEngine) throws {
        let place = try Place(engine)
        try place.store([1], version: 1)
        try place.store([2], version: 2)
        // A process that dies neither commits nor discards.
        let lost = try place.storage.stage(in: engine.account)
        try Self.write([3], to: try lost.create("a"))
        let storage = try place.reopened()
        try storage.removeLeftovers(in: engine.account) { asset, version in asset == "film" && version == 1 }
        #expect(try place.contents(place.file("a"), in: storage) == [1])
        #expect(code { _ = try storage.open(place.file("a", version: 2)) } == .missing)
        #expect(code { try lost.commit(asset: "film", version: 3) } != nil)
        #expect(code { _ = try storage.open(place.file("a", version: 3)) } == .missing)
    }

    @Test(arguments: StorageEngine.allCases)
    func manyReadAtOnce(engine: StorageEngine) async throws {
        let place = try Place(engine)
        let whole = Self.bytes(300_000)
        try place.store(whole)
        let reader = try place.storage.open(place.file("a"))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let start = number * 10_007
                    var part: [UInt8] = []
                    try reader.append(UInt64(start)..<UInt64(start + 100_000), to: &part)
                    return part == Array(whole[start..<start + 100_000])
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test(arguments: StorageEngine.allCases)
    func aReaderKeepsWhatItOpened(engine: StorageEngine) throws {
        let place = try Place(engine)
        try place.store([1, 2, 3])
        let reader = try place.storage.open(place.file("a"))
        try place.storage.removeVersions(of: "film")
        try place.storage.removeVersions(of: "film")
        #expect(code { _ = try place.storage.open(place.file("a")) } == .missing)
        var bytes: [UInt8] = []
        try reader.append(0..<3, to: &bytes)
        #expect(bytes == [1, 2, 3])
    }

    @Test(arguments: StorageEngine.allCases)
    func versionsOfOneAssetThatNobodyKnowsAreRemoved(engine: StorageEngine) throws {
        let place = try Place(engine)
        for (asset, version) in [("film", 1), ("film", 2), ("other", 2)] {
            let staged = try place.storage.stage(in: engine.account)
            let file = try staged.create("a")
            try file.close()
            try staged.commit(asset: asset, version: version)
        }
        for asset in ["film", "none"] {
            try place.storage.removeVersions(of: asset, in: engine.account) { $0 == 1 }
        }
        func has(_ asset: String, _ version: Int) -> Bool {
            let file = StoredFile(asset: asset, version: version, name: "a", account: engine.account)
            return code { _ = try place.storage.open(file) } == nil
        }
        #expect(has("film", 1) && !has("film", 2) && has("other", 2))
        #expect(
            code { try place.storage.removeVersions(of: "../x", in: engine.account) { _ in false } } == .nameNotAllowed)
    }

    @Test(arguments: StorageEngine.allCases)
    func smallFilesAreReadWhole(engine: StorageEngine) throws {
        let place = try Place(engine)
        try place.store(Self.bytes(1000))
        #expect(try Array(place.storage.contents(of: place.file("a"), limit: 1000)) == Self.bytes(1000))
        #expect(code { _ = try place.storage.contents(of: place.file("a"), limit: 999) } == .tooLarge)
        #expect(code { _ = try place.storage.contents(of: place.file("b"), limit: 999) } == .missing)
    }

    @Test(arguments: StorageEngine.allCases, ["..", "../x", "a/b", ".hidden", "", "a\u{0}b"])
    func namesAreChecked(engine: StorageEngine, name: String) throws {
        let place = try Place(engine)
        let (storage, account) = (place.storage, engine.account)
        let staged = try storage.stage(in: account)
        #expect(code { _ = try staged.create(name) } == .nameNotAllowed)
        #expect(code { try staged.commit(asset: name, version: 1) } == .nameNotAllowed)
        #expect(code { try staged.commit(asset: "film", version: 0) } == .nameNotAllowed)
        #expect(code { _ = try storage.open(place.file(name)) } == .nameNotAllowed)
        #expect(code { try storage.removeVersions(of: name) } == .nameNotAllowed)
        #expect(code { _ = try storage.append(toOriginal: name, in: account) } == .nameNotAllowed)
        #expect(code { _ = try storage.createTags(ofOriginal: name, in: account) } == .nameNotAllowed)
        #expect(code { try storage.removeOriginal(name, in: account) } == .nameNotAllowed)
    }

    // MARK: Originals

    @Test(arguments: StorageEngine.allCases)
    func anOriginalGoesOnWhereItWas(engine: StorageEngine) throws {
        let place = try Place(engine)
        let account = engine.account
        #expect(try place.storage.size(ofOriginal: "x", in: account) == 0)
        var writer: (any OriginalWriter)? = try place.storage.append(toOriginal: "x", in: account)
        try [UInt8]([1, 2, 3]).withUnsafeBytes { try writer?.append($0) }
        try writer?.synchronize()
        #expect(code { _ = try place.storage.append(toOriginal: "x", in: account) } == .busy)
        // As when a process dies: nobody closes it.
        writer = nil
        let storage = try place.reopened()
        let second = try storage.append(toOriginal: "x", in: account)
        #expect(second.size == 3)
        try second.truncate(to: 2)
        try [UInt8]([9]).withUnsafeBytes { try second.append($0) }
        #expect(second.size == 3)
        try second.close()
        #expect(try storage.size(ofOriginal: "x", in: account) == 3)
    }

    @Test(arguments: StorageEngine.allCases)
    func originalsAreListedAndRemovedWithTheirTags(engine: StorageEngine) throws {
        let place = try Place(engine)
        let account = engine.account
        for name in ["x", "y"] { try place.storage.append(toOriginal: name, in: account).close() }
        for byte in [UInt8(1), 2] {
            // Made anew they take the place of what was there.
            try Self.write([byte], to: try place.storage.createTags(ofOriginal: "x", in: account))
        }
        let file = StoredFile(original: "x", account: account)
        #expect(try place.contents(file.tags) == [2])
        try place.storage.removeLeftovers(in: account) { _, _ in false }
        #expect(
            try place.storage.originals().sorted { $0.name < $1.name }
                == ["x", "y"].map { StoredFile(original: $0, account: account) })
        for _ in 0..<2 { try place.storage.removeOriginal("x", in: account) }
        #expect(try place.storage.originals().map(\.name) == ["y"])
        #expect(code { _ = try place.storage.open(file) } == .missing)
        #expect(code { _ = try place.storage.open(file.tags) } == .missing)
    }

    // MARK: The account

    @Test(arguments: StorageEngine.allCases)
    func itSaysHowItIs(engine: StorageEngine) throws {
        let place = try Place(engine)
        try place.storage.examine()
        if let capacity = try place.storage.capacity() { #expect(capacity.free <= capacity.total) }
        let states = place.storage.accountStates()
        #expect(
            states.map(\.account) == place.storage.accountNames && place.storage.accountNames.contains(engine.account))
        #expect(!states.isEmpty && states.allSatisfy { $0.problem == nil })
        #expect(code { _ = try place.storage.place("film", .only("nowhere"), size: 0) } == .unavailable)
    }
}
