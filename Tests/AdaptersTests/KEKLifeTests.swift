import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import Testing

/// A data folder over the life of its KEKs: opened, rotated, interrupted, retired, damaged.
@Suite struct KEKLifeTests {
    private final class DataFolder: Sendable {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-life-\(UUID().uuidString)")
            .path

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func open() async throws -> Installation { try await Installation.open(dataFolder: path) }

        func kek(_ version: Int) -> String { "\(path)/kek/kek-\(version).key" }
    }

    private func add(_ count: Int, _ installation: Installation) async throws {
        let keys = try (0..<count).map { _ in
            try installation.makeContentKey(.envelope, keyID: .random(), name: nil)
        }
        try await installation.catalog.apply(keys.map(CatalogChange.insertContentKey))
    }

    private func secret(_ name: String, _ value: [UInt8], _ installation: Installation) async throws {
        try await installation.catalog.apply([.putSecret(try installation.makeSecret(named: name, value: value))])
    }

    private func rotation(_ installation: Installation, batch: Int = 7) -> KEKRotation {
        KEKRotation(catalog: installation.catalog, keeper: installation.keks, batchSize: batch)
    }

    private func actions(_ installation: Installation) async throws -> [AuditAction] {
        try await installation.catalog.auditRecords(after: 0, limit: 1000).map { try AuditChain.event(of: $0).action }
    }

    private func failure(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "nothing failed"
        } catch {
            return "\(error)"
        }
    }

    @Test func theAuditLogsSigningKeyMoves() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        let signer = AuditSigner(catalog: installation.catalog, material: installation.auditKeyMaterial)
        let first = try await signer.sign()
        let outcome = try await rotation(installation).rotate { _, _ in }
        #expect(outcome.rewrapped == 1 && outcome.remaining == 0)
        #expect(
            try await installation.catalog.kekUsage() == [
                KEKUsage(version: KEKVersion(rawValue: 2), contentKeys: 0, secrets: 0, auditKeys: 1)
            ])
        _ = try await KEKRetirement(catalog: installation.catalog, keeper: installation.keks).retireOld()
        // In a process that never held the old version.
        let later = try await data.open()
        let second = try await AuditSigner(catalog: later.catalog, material: later.auditKeyMaterial).sign()
        #expect(second?.checkpoint.key == first?.checkpoint.key && second?.checkpoint.number == 2)
        let key = try #require(try await later.catalog.auditKey()?.publicKey)
        #expect(second?.isSigned(by: key) == true)
    }

    /// Running servers need the time, however often a rotation is begun.
    @Test(.timeLimit(.minutes(5))) func aRotationThatIsContinuedWaitsForTheRestOfItsSettling() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        let (refreshed, tell) = AsyncStream<Void>.makeStream()
        let keeper = SettlingKeeper(keeper: installation.keks, didRefresh: { tell.yield() })
        let created = Date(timeIntervalSince1970: 1_900_000_000)
        var refreshes = refreshed.makeAsyncIterator()
        // The second one finds the version that the first one made; a clock that was set back does not shorten its time.
        for age: TimeInterval in [0, 1800, -86_400] {
            let rotation = KEKRotation(
                catalog: installation.catalog, keeper: keeper, now: { created.addingTimeInterval(age) })
            let task = Task { try await rotation.rotate { _, _ in } }
            _ = await refreshes.next()
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            let versions = try await installation.catalog.kekVersions()
            #expect(versions.map(\.version.rawValue) == [1, 2] && versions.last?.completed == nil)
        }
        let rotation = KEKRotation(
            catalog: installation.catalog, keeper: keeper, now: { created.addingTimeInterval(3600) })
        let outcome = try await rotation.rotate { _, _ in }
        #expect(outcome.version.rawValue == 2 && !outcome.isNew)
        #expect(try await installation.catalog.kekVersions().last?.completed != nil)
    }

    @Test func rotationMovesEverythingAndRetirementPutsTheOldKeyAside() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        try await add(30, installation)
        for name in ["a", "b", "c"] { try await secret(name, Array(name.utf8), installation) }
        let outcome = try await rotation(installation).rotate { _, _ in }
        #expect(outcome.isNew && outcome.version.rawValue == 2 && outcome.rewrapped == 33 && outcome.remaining == 0)
        #expect(
            try await installation.catalog.kekUsage() == [
                KEKUsage(version: KEKVersion(rawValue: 2), contentKeys: 30, secrets: 3)
            ])
        #expect(try installation.withSecret(named: "b") { Array($0) } == Array("b".utf8))
        let retirement = KEKRetirement(catalog: installation.catalog, keeper: installation.keks)
        #expect(try await retirement.retireOld().map(\.version.rawValue) == [1])
        #expect(try await retirement.retireOld().isEmpty)
        #expect(FileManager.default.fileExists(atPath: "\(data.path)/kek/retired/kek-1.key"))
        #expect(!FileManager.default.fileExists(atPath: data.kek(1)))
        #expect(try await actions(installation) == [.kekCreated, .kekCreated, .kekRotated, .kekRetired])
        // A later start needs the new version only; a third version follows.
        let again = try await data.open()
        try await add(1, again)
        #expect(try await rotation(again).rotate { _, _ in }.version.rawValue == 3)
    }

    /// A derived key has no ciphertext of its own: its seed moves, and the key stays what it was.
    @Test func seedsMoveWithTheRest() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        let material = installation.keyMaterial
        let seed = try await material.wrapSeed(Array(0..<30), name: "films", type: .envelope)
        let record = KeySeedRecord(wrapped: seed, authorizationPolicy: nil, created: Date())
        try await installation.catalog.apply([.insertKeySeed(record)])
        let keyID = try await material.makeKeyID(of: seed)
        let before = try await material.checksum(of: record.key(keyID).wrapped)
        let outcome = try await rotation(installation).rotate { _, _ in }
        #expect(outcome.rewrapped == 1 && outcome.remaining == 0)
        let retirement = KEKRetirement(catalog: installation.catalog, keeper: installation.keks)
        #expect(try await retirement.retireOld().map(\.version.rawValue) == [1])
        let again = try await data.open()
        let found = try #require(try await again.catalog.keyLookup(keyID))
        #expect(found.key.wrapped.kek.rawValue == 2)
        #expect(try await again.keyMaterial.checksum(of: found.key.wrapped) == before)
    }

    /// Stops a rotation after some batches, as a kill does: what was moved stays, and the next run goes on.
    @Test func anInterruptedRotationGoesOn() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        try await add(100, installation)
        let task = Task {
            try await rotation(installation, batch: 10).rotate { done, _ in
                if done >= 30 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        _ = await task.result
        let usage = try await installation.catalog.kekUsage()
        #expect(usage.count == 2)
        let refused = await failure {
            _ = try await KEKRetirement(catalog: installation.catalog, keeper: installation.keks).retireOld()
        }
        #expect(refused.contains("\(usage[0].contentKeys) content keys"))
        #expect(FileManager.default.fileExists(atPath: data.kek(1)))
        let next = try await data.open()
        let outcome = try await rotation(next).rotate { _, _ in }
        #expect(!outcome.isNew && outcome.version.rawValue == 2)
        #expect(outcome.rewrapped == usage[0].contentKeys && outcome.remaining == 0)
        #expect(try await actions(next).filter { $0 == .kekRotated }.count == 1)
    }

    /// A crash between the file and its record: the file is there, and the next rotation takes it.
    @Test func aVersionThatWasMadeButNotRecordedIsTakenUp() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        try await add(3, installation)
        _ = try await installation.keks.make(KEKVersion(rawValue: 2))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: data.kek(2)))
        let next = try await data.open()
        #expect(try next.makeContentKey(.envelope, keyID: .random(), name: nil).wrapped.kek.rawValue == 1)
        #expect(try await rotation(next).rotate { _, _ in }.version.rawValue == 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: data.kek(2))) == bytes)
    }

    @Test func writersDuringARotationLoseNothing() async throws {
        let data = DataFolder()
        let (installation, other) = (try await data.open(), try await data.open())
        try await add(300, installation)
        async let outcome = rotation(installation, batch: 5).rotate { _, _ in }
        for number in 0..<60 {
            try await add(1, other)
            try await secret("s\(number % 5)", [UInt8(number)], other)
        }
        _ = try await outcome
        // What was written under the old version after the last pass is swept without another version.
        let rest = try await rotation(other).rotate { _, _ in }
        #expect(rest.remaining == 0)
        let usage = try await installation.catalog.kekUsage()
        #expect(usage.reduce(0) { $0 + $1.contentKeys } == 360)
        #expect(usage.count == 1)
        for number in 55..<60 {
            #expect(try installation.withSecret(named: "s\(number % 5)") { Array($0) } == [UInt8(number)])
        }
    }

    @Test func whatDoesNotOpenStaysAndIsNamed() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        try await add(10, installation)
        let keyID = KeyID.random()
        let damaged = ContentKeyRecord(
            wrapped: WrappedContentKey(
                keyID: keyID, type: .envelope, kek: KEKVersion(rawValue: 1),
                ciphertext: [UInt8](repeating: 1, count: 44)),
            name: nil, authorizationPolicy: nil, created: Date())
        try await installation.catalog.apply([.insertContentKey(damaged)])
        let outcome = try await rotation(installation, batch: 3).rotate { _, _ in }
        #expect(outcome.rewrapped == 10 && outcome.remaining == 1)
        #expect(outcome.failures.count == 1 && outcome.failures.first?.contains(keyID.description) == true)
        #expect(try await installation.catalog.kekVersions().last?.completed == nil)
        #expect(try await installation.catalog.contentKey(keyID)?.wrapped == damaged.wrapped)
    }

    @Test func aMissingOrWrongKeyIsSaidAtTheStart() async throws {
        let data = DataFolder()
        let installation = try await data.open()
        try await add(5, installation)
        _ = try await rotation(installation, batch: 2).rotate { _, _ in }
        let path = data.kek(2)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.removeItem(atPath: path)
        var message = await failure { _ = try await data.open() }
        #expect(message.contains("version 2") && message.contains(path) && message.contains("restore"))
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data(count: 32), attributes: [.posixPermissions: 0o600]))
        message = await failure { _ = try await data.open() }
        #expect(message.contains("version 2") && message.contains("is not the key that this catalog was made with"))
        try bytes.write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        message = await failure { _ = try await data.open() }
        #expect(message.contains("chmod 600"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        // The old version is needed by nothing: it may be away.
        try FileManager.default.removeItem(atPath: data.kek(1))
        _ = try await data.open()
    }

    /// A backup of the catalog from before a rotation needs the version that was retired since.
    @Test func anOlderCatalogFindsItsKeyAmongTheRetired() async throws {
        let data = DataFolder()
        try await add(3, try await data.open())
        let backup = data.path + "-backup"
        defer { try? FileManager.default.removeItem(atPath: backup) }
        try FileManager.default.copyItem(atPath: data.path, toPath: backup)
        let installation = try await data.open()
        _ = try await rotation(installation).rotate { _, _ in }
        _ = try await KEKRetirement(catalog: installation.catalog, keeper: installation.keks).retireOld()
        try FileManager.default.removeItem(atPath: backup + "/kek")
        try FileManager.default.copyItem(atPath: data.path + "/kek", toPath: backup + "/kek")
        let message = await failure { _ = try await Installation.open(dataFolder: backup) }
        #expect(message.contains("retired/kek-1.key") && message.contains("move it back"))
        try FileManager.default.moveItem(
            atPath: backup + "/kek/retired/kek-1.key", toPath: backup + "/kek/kek-1.key")
        let restored = try await Installation.open(dataFolder: backup)
        // The version that was made since lies there, and the next rotation takes it.
        #expect(try await rotation(restored).rotate { _, _ in }.version.rawValue == 2)
    }

    /// Also when only a secret, or nothing at all, is under it.
    @Test func aWrongKeyIsFoundBeforeAnythingIsWrappedUnderIt() async throws {
        let data = DataFolder()
        _ = try await data.open()
        try Data(repeating: 3, count: 32).write(to: URL(fileURLWithPath: data.kek(1)))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: data.kek(1))
        #expect(await failure { _ = try await data.open() }.contains("is not the key"))
    }

    /// The right KEK beside a catalog whose rows were replaced.
    @Test func aDamagedCatalogIsSaidAtTheStart() async throws {
        for damagesSecret in [true, false] {
            let data = DataFolder()
            let installation = try await data.open()
            let version = KEKVersion(rawValue: 1)
            let bytes = [UInt8](repeating: 1, count: 44)
            try await installation.catalog.apply([
                damagesSecret
                    ? .putSecret(SecretRecord(name: "sts", kek: version, ciphertext: bytes, created: Date()))
                    : .insertContentKey(
                        ContentKeyRecord(
                            wrapped: WrappedContentKey(
                                keyID: .random(), type: .common, kek: version, ciphertext: bytes),
                            name: nil, authorizationPolicy: nil, created: Date()))
            ])
            let message = await failure { _ = try await data.open() }
            #expect(message.contains("catalog is damaged") && message.contains("version 1"), "\(message)")
        }
    }

    @Test func twoFirstStartsMakeOneKEK() async throws {
        let fresh = DataFolder()
        try FileManager.default.createDirectory(atPath: fresh.path, withIntermediateDirectories: true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { try await add(1, try await fresh.open()) } }
            try await group.waitForAll()
        }
        let installation = try await fresh.open()
        #expect(try await installation.catalog.kekVersions().count == 1)
        #expect(try await installation.catalog.kekUsage().first?.contentKeys == 6)
    }
}

/// A keeper whose servers take an hour to take a version up.
private struct SettlingKeeper: KEKKeeper {
    let keeper: any KEKKeeper
    let didRefresh: @Sendable () -> Void

    var settlingTime: Duration { .seconds(3600) }
    var provider: KEKProviderKind { keeper.provider }
    func place(of record: KEKVersionRecord) -> String { keeper.place(of: record) }
    func isThere(_ record: KEKVersionRecord) -> Bool { keeper.isThere(record) }
    func make(_ version: KEKVersion) async throws -> [UInt8] { try await keeper.make(version) }
    func refresh() async throws {
        try await keeper.refresh()
        didRefresh()
    }
    func rewrap(_ key: WrappedContentKey, under version: KEKVersion) throws -> WrappedContentKey {
        try keeper.rewrap(key, under: version)
    }
    func rewrap(_ secret: SecretRecord, under version: KEKVersion) throws -> SecretRecord {
        try keeper.rewrap(secret, under: version)
    }
    func rewrap(_ seed: WrappedKeySeed, under version: KEKVersion) throws -> WrappedKeySeed {
        try keeper.rewrap(seed, under: version)
    }
    func rewrap(_ key: AuditKeyRecord, under version: KEKVersion) throws -> AuditKeyRecord {
        try keeper.rewrap(key, under: version)
    }
    func putAside(_ record: KEKVersionRecord) throws -> String { try keeper.putAside(record) }
}
