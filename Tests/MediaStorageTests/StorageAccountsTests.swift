import Foundation
import Glibc
import MediaStorage
import Synchronization
import Testing

/// Accounts that go away and come back, and where what is new goes.
@Suite struct StorageAccountsTests {
    private final class Disks {
        let root: String
        var accounts: [StorageAccount]

        init(_ weights: [String: Int], patience: [String: Duration] = [:]) throws {
            let name = "keyway-disks-\(UUID().uuidString)"
            root = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            accounts = [
                StorageAccount(
                    name: nil, weight: 1, place: root + "/media",
                    engine: try FileSystemMediaStorage(root: root + "/media"))
            ]
            for (name, weight) in weights.sorted(by: { $0.key < $1.key }) {
                let folder = root + "/" + name
                let mark = try StorageAccountMark.make(folder, name: name)
                accounts.append(
                    StorageAccount(
                        name: name, weight: weight, place: folder,
                        engine: FileSystemMediaStorage(root: folder, mark: mark),
                        patience: patience[name] ?? DiskLooks.patience))
            }
        }

        deinit {
            try? FileManager.default.removeItem(atPath: root)
        }

        var storage: StorageAccounts { StorageAccounts(accounts) }

        func unmount(_ name: String) throws {
            try FileManager.default.moveItem(atPath: root + "/" + name, toPath: root + "/." + name)
            // The mount point stays.
            try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: false)
        }

        func mount(_ name: String) throws {
            try FileManager.default.removeItem(atPath: root + "/" + name)
            try FileManager.default.moveItem(atPath: root + "/." + name, toPath: root + "/" + name)
        }

        /// As an NFS whose server is gone: whoever opens its mark waits.
        func hang(_ name: String) throws {
            let mark = root + "/" + name + "/keyway-account"
            try FileManager.default.moveItem(atPath: mark, toPath: mark + ".aside")
            guard mkfifo(mark, 0o600) == 0 else { throw POSIXError(.EIO) }
        }

        func comeBack(_ name: String) throws {
            let mark = root + "/" + name + "/keyway-account"
            let writer = open(mark, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            try FileManager.default.removeItem(atPath: mark)
            try FileManager.default.moveItem(atPath: mark + ".aside", toPath: mark)
            close(writer)
        }

        func store(_ asset: String, in account: String?) throws {
            let staged = try storage.stage(in: account)
            let writer = try staged.create("a")
            try [UInt8]([1, 2, 3]).withUnsafeBytes { try writer.append($0) }
            try writer.close()
            try staged.commit(asset: asset, version: 1)
        }

        func file(_ asset: String, _ account: String?) -> StoredFile {
            StoredFile(asset: asset, version: 1, name: "a", account: account)
        }
    }

    private func code(_ body: () throws -> Void) -> MediaStorageError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? MediaStorageError)?.code
        }
    }

    @Test func anAccountThatIsAwayTakesOnlyItsOwnFilesWithIt() throws {
        let disks = try Disks(["films": 1])
        let storage = disks.storage
        try disks.store("here", in: nil)
        try disks.store("there", in: "films")
        try storage.append(toOriginal: "x", in: "films").close()
        try disks.unmount("films")
        #expect(try storage.open(disks.file("here", nil)).size == 3)
        #expect(code { _ = try storage.open(disks.file("there", "films")) } == .unavailable)
        #expect(code { _ = try storage.contents(of: disks.file("there", "films"), limit: 9) } == .unavailable)
        // Nothing is written where the disk should be, and what is there is not forgotten.
        #expect(code { _ = try storage.stage(in: "films") } == .unavailable)
        #expect(code { _ = try storage.append(toOriginal: "y", in: "films") } == .unavailable)
        #expect(code { _ = try storage.size(ofOriginal: "x", in: "films") } == .unavailable)
        #expect(code { try storage.removeOriginal("x", in: "films") } == .unavailable)
        #expect(code { try storage.removeLeftovers(in: "films") { _, _ in true } } == .unavailable)
        try storage.removeLeftovers(in: nil) { _, _ in true }
        try storage.removeVersions(of: "there")
        #expect(try storage.originals().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disks.root + "/films").isEmpty)
        let state = try #require(storage.accountStates().first { $0.account == "films" })
        #expect(state.problem?.contains("mounted") == true && state.capacity == nil)
        try disks.mount("films")
        #expect(try storage.open(disks.file("there", "films")).size == 3)
        #expect(try storage.originals() == [StoredFile(original: "x", account: "films")])
        #expect(storage.accountStates().allSatisfy { $0.problem == nil })
    }

    /// The others are looked at, and so is the one that hangs once it is back.
    @Test func aDiskThatHangsKeepsNobodyElse() async throws {
        let disks = try Disks(["films": 1, "others": 1], patience: ["films": .milliseconds(50)])
        let storage = disks.storage
        try disks.store("there", in: "films")
        try disks.hang("films")
        let problems = Dictionary(uniqueKeysWithValues: storage.accountStates().map { ($0.account, $0.problem) })
        #expect(problems["films"]??.contains("does not answer") == true)
        #expect(problems["others"] == .some(nil) && problems[nil] == .some(nil))
        for number in 0..<50 { #expect(try storage.place("film-\(number)", .any, size: 0) != "films") }
        #expect(code { _ = try storage.stage(in: "films") } == .unavailable)
        #expect(code { _ = try storage.place("a", .only("films"), size: 0) } == .unavailable)
        await #expect(throws: MediaStorageError.self) { try await storage.looks(in: "films").run {} }
        // Within a look the account is looked at as well.
        _ = try await storage.looks(in: "others").run { try storage.stage(in: "others") }
        try storage.removeVersions(of: "there")
        try disks.comeBack("films")
        while storage.accountStates().contains(where: { $0.problem != nil }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try storage.open(disks.file("there", "films")).size == 3)
    }

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    @Test func oneLookAtADiskIsUnderWay() async throws {
        let looks = DiskLooks("a disk", patience: .milliseconds(50))
        let gate = DispatchSemaphore(value: 0)
        let begun = Counter()
        let told = await withTaskGroup(of: MediaStorageError?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do {
                        try await looks.run {
                            begun.count.withLock { $0 += 1 }
                            gate.wait()
                        }
                        return nil
                    } catch {
                        return error as? MediaStorageError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(told.allSatisfy { $0?.code == .unavailable && $0?.reason.contains("a disk does not answer") == true })
        gate.signal()
        while (try? await looks.run {}) == nil { try await Task.sleep(for: .milliseconds(5)) }
        // Of what was given up nothing is done later.
        #expect(begun.count.withLock { $0 } == 1)
    }

    @Test func anotherDiskInItsPlaceIsToldApart() throws {
        let disks = try Disks(["films": 1, "others": 1])
        try disks.store("there", in: "films")
        try disks.unmount("films")
        try FileManager.default.removeItem(atPath: disks.root + "/films")
        try FileManager.default.copyItem(atPath: disks.root + "/others", toPath: disks.root + "/films")
        #expect(code { _ = try disks.storage.open(disks.file("there", "films")) } == .unavailable)
        #expect(code { _ = try disks.storage.stage(in: "films") } == .unavailable)
    }

    @Test func aMissingFileOfAnAccountThatIsThereIsMissing() throws {
        let disks = try Disks(["films": 1])
        #expect(code { _ = try disks.storage.open(disks.file("film", "films")) } == .missing)
        #expect(code { _ = try disks.storage.open(disks.file("film", "unknown")) } == .unavailable)
    }

    @Test func assetsFallToAccountsByWeight() throws {
        let disks = try Disks(["large": 3, "drained": 0])
        var counts: [String?: Int] = [:]
        for number in 0..<4000 {
            counts[try disks.storage.place("film-\(number)", .any, size: 0), default: 0] += 1
        }
        #expect(counts["drained"] == nil)
        // One to three.
        #expect((850...1150).contains(counts[nil] ?? 0))
        #expect(try disks.storage.place("film-1", .any, size: 0) == disks.storage.place("film-1", .any, size: 0))
    }

    @Test func whatIsNewGoesElsewhereWhileItsAccountTakesNothing() throws {
        let disks = try Disks(["films": 1, "drained": 0])
        let storage = disks.storage
        #expect(try storage.place("a", .preferred("films"), size: 0) == "films")
        #expect(try storage.place("a", .preferred("drained"), size: 0) != "drained")
        #expect(try storage.place("a", .preferred("gone"), size: 0) != "gone")
        #expect(code { _ = try storage.place("a", .only("drained"), size: 0) } == .unavailable)
        #expect(code { _ = try storage.place("a", .any, size: .max) } == .unavailable)
        try disks.unmount("films")
        #expect(try storage.place("a", .preferred("films"), size: 0) == nil)
        #expect(code { _ = try storage.place("a", .only("films"), size: 0) } == .unavailable)
    }

    @Test func onlyAnEmptyFolderBecomesAnAccount() throws {
        let disks = try Disks(["films": 1])
        let folder = disks.root + "/films"
        // Set up just now and not recorded: the same again.
        let again = try StorageAccountMark.make(folder, name: "films")
        #expect(again == StorageAccountMark(name: "films", identity: again.identity))
        #expect(code { _ = try StorageAccountMark.make(folder, name: "others") } == .unavailable)
        try disks.store("there", in: "films")
        #expect(code { _ = try StorageAccountMark.make(folder, name: "films") } == .unavailable)
        let occupied = disks.root + "/occupied"
        try FileManager.default.createDirectory(atPath: occupied + "/letters", withIntermediateDirectories: true)
        #expect(code { _ = try StorageAccountMark.make(occupied, name: "films") } == .unavailable)
    }

    /// Who set it up died before the mark stood there.
    @Test func aSetUpThatWasBrokenOffIsTakenUpAgain() throws {
        let disks = try Disks([:])
        let folder = disks.root + "/films"
        for name in ["assets", "staging", "originals"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        try Data("half".utf8).write(to: URL(fileURLWithPath: folder + "/staging/" + UUID().uuidString.lowercased()))
        #expect(try StorageAccountMark.make(folder, name: "films").identity != nil)
        let occupied = disks.root + "/occupied"
        try FileManager.default.createDirectory(atPath: occupied + "/assets/a", withIntermediateDirectories: true)
        #expect(code { _ = try StorageAccountMark.make(occupied, name: "films") } == .unavailable)
    }

    @Test func whoSetsAnAccountUpAtOnceAgreesOnItsIdentity() async throws {
        let disks = try Disks([:])
        for round in 0..<8 {
            let folder = disks.root + "/films\(round)"
            let marks = try await withThrowingTaskGroup(of: StorageAccountMark.self) { group in
                for _ in 0..<4 { group.addTask { try StorageAccountMark.make(folder, name: "films") } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(marks.count == 1)
        }
    }

    /// The same version of the same asset in two accounts: each is asked about where it lies.
    @Test func leftoversAreThoseOfTheirAccount() throws {
        let disks = try Disks(["films": 1])
        for account in [nil, "films"] { try disks.store("film", in: account) }
        try disks.storage.removeLeftovers(in: "films") { _, _ in false }
        #expect(code { _ = try disks.storage.open(disks.file("film", "films")) } == .missing)
        #expect(try disks.storage.open(disks.file("film", nil)).size == 3)
        #expect(code { try disks.storage.removeLeftovers(in: "gone") { _, _ in true } } == .unavailable)
    }

    @Test func anAccountThatFailsKeepsNoOtherFromBeingCleaned() throws {
        let disks = try Disks(["a": 1, "b": 1])
        let left = ["/media", "/a", "/b"].map { disks.root + $0 + "/staging/left" }
        for path in left {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        // Not a folder where one should be.
        try FileManager.default.removeItem(atPath: disks.root + "/a/staging")
        let codes = disks.storage.accountNames.map { account in
            code { try disks.storage.removeLeftovers(in: account) { _, _ in true } }
        }
        #expect(codes == [nil, .inputOutput, nil])
        #expect(!FileManager.default.fileExists(atPath: left[0]) && !FileManager.default.fileExists(atPath: left[2]))
    }
}
