import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping
import Policies
import Synchronization
import Testing

@testable import Origin

/// Keys are in memory for as long as they may be used, and no longer: also when nobody asks for one again.
@Suite struct EncryptionKeyCacheTests {
    /// Opens any key, and keeps none.
    private struct Unwrapper: KeyUnwrapper {
        func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
            .random(key.type)
        }
    }

    /// Stands until it is set.
    private final class Clock: Sendable {
        private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        var now: Date { time.withLock { $0 } }
        func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
    }

    private final class Place {
        let clock = Clock()
        let catalog: SQLiteCatalog
        let keyIDs = [KeyID.random(), KeyID.random()]
        private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-cache-\(UUID())")

        init() async throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            catalog = try SQLiteCatalog(path: folder.path + "/catalog.sqlite")
            let wrapping = KeyWrapping(
                provider: try FileKEKProvider(folder: folder.path + "/kek", mayCreate: true))
            try await catalog.apply(
                try keyIDs.map { keyID in
                    .insertContentKey(
                        ContentKeyRecord(
                            wrapped: try wrapping.wrap(.random(.storage), keyID: keyID), name: nil,
                            authorizationPolicy: nil, created: clock.now))
                })
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func cache() -> EncryptionKeyCache {
            EncryptionKeyCache(
                catalog: catalog, watch: CatalogWatch(catalog: catalog), unwrapper: Unwrapper(), lifetime: 60
            ) { [clock] in clock.now }
        }
    }

    /// Whether something comes to hold; long enough that only what never comes is missed.
    private func eventually(_ holds: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while !holds() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }

    @Test func anIdleCacheLetsGoOfWhatHasExpired() async throws {
        let place = try await Place()
        let cache = place.cache()
        weak let first = try await cache.key(place.keyIDs[0], for: .storage)
        place.clock.advance(30)
        _ = try await cache.key(place.keyIDs[1], for: .storage)
        #expect(cache.removeOld() && cache.count == 2 && first != nil)
        place.clock.advance(31)
        #expect(try await eventually { cache.count == 1 })
        #expect(first == nil)
        place.clock.advance(30)
        #expect(try await eventually { cache.count == 0 })
        // Whoever looked has ended with the last key: the next one is looked after anew.
        _ = try await cache.key(place.keyIDs[0], for: .storage)
        #expect(cache.count == 1)
        place.clock.advance(61)
        #expect(try await eventually { cache.count == 0 })
    }

    /// What looks for expired keys does not keep the cache, and with it those that have not.
    @Test func theCacheGoesWithItsOwner() async throws {
        let place = try await Place()
        weak var gone: EncryptionKeyCache?
        weak var key: ContentKey?
        do {
            let cache = place.cache()
            key = try await cache.key(place.keyIDs[0], for: .storage)
            gone = cache
            #expect(cache.count == 1 && key != nil)
        }
        #expect(try await eventually { gone == nil && key == nil })
    }
}
