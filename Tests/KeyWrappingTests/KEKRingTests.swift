import ContentKeys
import Foundation
import KeyWrapping
import Policies
import Synchronization
import Testing

@Suite struct KEKRingTests {
    /// What the catalog would say.
    private final class Register: KEKRegister {
        let held = Mutex<[KEKEntry]>([])
        let asked = Mutex(0)

        func entries() throws -> [KEKEntry] {
            asked.withLock { $0 += 1 }
            return held.withLock { $0 }
        }

        func record(_ kek: KEK, _ provider: KEKProviderKind = .file, retired: Date? = nil) throws {
            let entry = KEKEntry(version: kek.version, provider: provider, proof: try kek.makeProof(), retired: retired)
            held.withLock { entries in
                entries.removeAll { $0.version == kek.version }
                entries.append(entry)
            }
        }
    }

    /// A store that is reached over a network, slowly.
    private final class Remote: KEKStore {
        let kind = KEKProviderKind.transit
        let waits = true
        let files: FileKEKStore
        let loads = Mutex(0)

        init(_ files: FileKEKStore) { self.files = files }

        func place(of version: KEKVersion) -> String { files.place(of: version) }
        func holds(_ version: KEKVersion) -> Bool { files.holds(version) }
        func loadNow(_ version: KEKVersion) throws -> KEK? { nil }
        func create(_ version: KEKVersion) async throws -> KEK { try await files.create(version) }
        func retire(_ version: KEKVersion) throws -> String { try files.retire(version) }
        func load(_ version: KEKVersion) async throws -> KEK {
            loads.withLock { $0 += 1 }
            try await Task.sleep(for: .milliseconds(50))
            return try await files.load(version)
        }
    }

    private final class Fixture: Sendable {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-ring-\(UUID().uuidString)")
            .path
        let register = Register()
        let store: FileKEKStore
        let ring: KEKRing

        init(_ more: (FileKEKStore) -> [any KEKStore] = { _ in [] }) async throws {
            store = FileKEKStore(folder: KEKFolder(path: path))
            let first = try await store.create(KEKVersion(rawValue: 1))
            try register.record(first)
            ring = KEKRing(register: register, stores: [store] + more(store), held: [], current: first)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        /// What another process does.
        func rotate(to version: Int, _ provider: KEKProviderKind = .file) async throws -> KEK {
            let kek = try await store.create(KEKVersion(rawValue: version))
            try register.record(kek, provider)
            return kek
        }
    }

    private static let two = KEKVersion(rawValue: 2)

    @Test func aVersionThatAnotherProcessMadeIsTakenUpWhenAKeyNamesIt() async throws {
        let fixture = try await Fixture()
        #expect(fixture.ring.current.version.rawValue == 1)
        let other = KeyWrapping(
            provider: KEKRing(
                register: fixture.register, stores: [fixture.store], held: [],
                current: try await fixture.rotate(to: 2)))
        let wrapped = try other.wrap(.random(.storage), keyID: .random())
        #expect(wrapped.kek == Self.two)
        let unwrapper = LocalKeyUnwrapper(wrapping: KeyWrapping(provider: fixture.ring))
        _ = try await unwrapper.unwrap(wrapped, for: .storage)
        #expect(fixture.ring.current.version == Self.two)
    }

    @Test func newKeysAreWrappedUnderANewVersionSoon() async throws {
        let fixture = try await Fixture()
        _ = try await fixture.rotate(to: 2)
        try await Task.sleep(for: KEKRing.interval)
        #expect(fixture.ring.current.version == Self.two)
    }

    /// A damaged row must not make every request read the catalog and the disk.
    @Test func anUnknownVersionIsLookedForOnceASecond() async throws {
        let fixture = try await Fixture()
        let unknown = KEKVersion(rawValue: 9)
        let start = ContinuousClock.now
        for _ in 0..<100 { #expect(fixture.ring.kek(unknown) == nil) }
        for _ in 0..<100 { #expect(await fixture.ring.find(unknown) == nil) }
        // A test may have to wait for its turn: each second that passes allows for two more.
        let seconds = Int((ContinuousClock.now - start).components.seconds)
        #expect(fixture.register.asked.withLock { $0 } <= 2 + 2 * seconds)
    }

    @Test func aKeyThatIsNotTheRecordedOneIsNotUsed() async throws {
        let fixture = try await Fixture()
        let forged = try #require(
            [UInt8](repeating: 1, count: 32).withUnsafeBytes { KEK(version: Self.two, copying: $0) })
        try fixture.register.record(forged)
        _ = try await fixture.store.create(Self.two)
        #expect(await fixture.ring.find(Self.two) == nil)
        #expect(fixture.ring.current.version.rawValue == 1)
        let error = await #expect(throws: KEKError.self) { try await fixture.ring.refresh() }
        #expect(error?.description.contains("kek-2.key") == true)
    }

    @Test func aRemoteVersionIsWaitedForOnceByAll() async throws {
        let fixture = try await Fixture { [Remote($0)] }
        let made = try await fixture.rotate(to: 2, .transit)
        // Who cannot wait does without, and does not keep the others from asking.
        #expect(fixture.ring.kek(made.version) == nil)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { await fixture.ring.find(Self.two) != nil } }
            for await found in group { #expect(found) }
        }
        #expect(fixture.ring.kek(made.version) != nil)
        #expect(fixture.ring.current.version == Self.two)
    }

    @Test func aRetiredVersionIsLetGoAfterAWhile() async throws {
        let fixture = try await Fixture()
        let first = fixture.ring.current
        _ = try await fixture.rotate(to: 2)
        // In an hour, so that a test that waited long for its turn is none the wiser.
        try fixture.register.record(first, retired: Date(timeIntervalSinceNow: 3600))
        try await fixture.ring.refresh()
        // Requests that were under way still finish.
        #expect(fixture.ring.kek(first.version) != nil)
        try fixture.register.record(first, retired: Date(timeIntervalSinceNow: -120))
        try await fixture.ring.refresh()
        #expect(fixture.ring.kek(first.version) == nil)
        #expect(fixture.ring.current.version == Self.two)
    }

    @Test func rewrappingKeepsWhatIsWrapped() async throws {
        let fixture = try await Fixture()
        let wrapping = KeyWrapping(provider: fixture.ring)
        let key = ContentKey.random(.storage)
        let old = try wrapping.wrap(key, keyID: .random())
        let (kek, secret) = try wrapping.wrapSecret([1, 2, 3], name: "sts")
        _ = try await fixture.rotate(to: 2)
        let new = try wrapping.rewrap(old, under: Self.two)
        #expect(new.kek == Self.two && new.keyID == old.keyID && new.type == old.type)
        #expect(try await LocalKeyUnwrapper(wrapping: wrapping).unwrap(new, for: .storage) == key)
        let moved = try wrapping.rewrapSecret(named: "sts", kek: kek, ciphertext: secret, under: Self.two)
        #expect(try wrapping.withSecret(named: "sts", kek: Self.two, ciphertext: moved) { Array($0) } == [1, 2, 3])
        #expect(throws: KEKError.self) {
            try wrapping.rewrapSecret(named: "other", kek: kek, ciphertext: secret, under: Self.two)
        }
        let damaged = WrappedContentKey(keyID: old.keyID, type: .envelope, kek: old.kek, ciphertext: old.ciphertext)
        #expect(throws: KEKError.self) { try wrapping.rewrap(damaged, under: Self.two) }
        #expect(throws: KEKError.self) { try wrapping.rewrap(old, under: KEKVersion(rawValue: 3)) }
    }

    @Test func proofsAreOfOneKeyAndOneVersion() throws {
        func kek(_ byte: UInt8, _ version: Int) throws -> KEK {
            try #require(
                [UInt8](repeating: byte, count: 32).withUnsafeBytes {
                    KEK(version: KEKVersion(rawValue: version), copying: $0)
                })
        }
        let proof = try kek(1, 1).makeProof()
        #expect(try kek(1, 1).made(proof: proof))
        #expect(try !kek(2, 1).made(proof: proof))
        #expect(try !kek(1, 2).made(proof: proof))
        for length in [0, 1, 12, 27] { #expect(try !kek(1, 1).made(proof: Array(proof.prefix(length)))) }
    }

    @Test func retiredFilesAreKeptAndNeverReplaced() async throws {
        let fixture = try await Fixture()
        let version = KEKVersion(rawValue: 1)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/kek-1.key"))
        _ = try fixture.store.retire(version)
        let retired = fixture.path + "/retired/kek-1.key"
        #expect(try Data(contentsOf: URL(fileURLWithPath: retired)) == bytes)
        #expect(!fixture.store.holds(version))
        // Again, after an interruption.
        #expect(try fixture.store.retire(version).contains(retired))
        // Another key of that name does not get over it.
        _ = try await fixture.store.create(version)
        #expect(throws: KEKError.self) { try fixture.store.retire(version) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: retired)) == bytes)
        #expect(fixture.store.holds(version))
    }

    @Test func aVersionIsMadeOnceByMany() async throws {
        let fixture = try await Fixture()
        let store = fixture.store
        let proofs = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<20 { group.addTask { try await store.create(Self.two).makeProof() } }
            return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
        }
        let kek = try await store.load(Self.two)
        #expect(proofs.allSatisfy { kek.made(proof: $0) })
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.path).sorted()
        #expect(files == ["kek-1.key", "kek-2.key"])
    }
}
