import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping
import MediaStorage
import Policies
import Synchronization

@testable import AssetFiles

/// A data folder that takes originals in, with a clock of its own.
final class Depot: Sendable {
    let folder: String
    let catalog: any CatalogEngine
    let storage: FileSystemMediaStorage
    let unwrapper: LocalKeyUnwrapper
    let keys: UploadKeys
    private let storageKey: ContentKeyRecord
    private let clock = Clock()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-depot-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        storage = try FileSystemMediaStorage(root: folder + "/media")
        let wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
        unwrapper = LocalKeyUnwrapper(wrapping: wrapping)
        keys = UploadKeys(
            wrap: { key, keyID, now in
                ContentKeyRecord(
                    wrapped: try wrapping.wrap(key, keyID: keyID), name: nil, authorizationPolicy: nil, created: now)
            }, prepare: {},
            withSecret: { body in
                [UInt8](0..<32).withUnsafeBytes(body)
                return true
            })
        let keyID = KeyID.random()
        storageKey = ContentKeyRecord(
            wrapped: try wrapping.wrap(.random(.storage), keyID: keyID), name: nil, authorizationPolicy: nil,
            created: Date(timeIntervalSince1970: 0))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func makeAsset(_ name: String = "film") async throws {
        try await catalog.apply([
            .insertContentKey(storageKey),
            .insertAsset(
                AssetRecord(name: name, created: Date(timeIntervalSince1970: 0), storageKey: storageKey.keyID)),
        ])
    }

    func uploads(
        _ settings: UploadSettings = UploadSettings(), checks: [any IngestCheck] = [],
        storage: (any MediaStorage)? = nil
    ) -> UploadService {
        UploadService(
            assets: StoredAssets(catalog: catalog, storage: storage ?? self.storage, unwrapper: unwrapper),
            settings: settings, checks: checks, keys: keys,
            now: { [clock] in clock.now })
    }

    func pass(_ seconds: TimeInterval) {
        clock.pass(seconds)
    }

    var now: Date { clock.now }

    private final class Clock: Sendable {
        private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
        var now: Date { time.withLock { $0 } }
        func pass(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
    }

    static func request(_ name: String, _ length: UInt64) -> UploadRequest {
        UploadRequest(asset: "film", role: .whole(name: name), length: length)
    }

    static func body(_ parts: [UInt8]...) -> AsyncStream<[UInt8]> {
        AsyncStream { stream in
            for part in parts { stream.yield(part) }
            stream.finish()
        }
    }
}

extension UploadService {
    /// `ingest`, once nobody has the file's lock: a program that another test starts holds a copy of it until it runs.
    func ingestWhenFree(_ id: AssetFileID) async throws -> AssetFileRecord? {
        for _ in 0..<500 {
            if let file = try await ingest(id) { return file }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}
