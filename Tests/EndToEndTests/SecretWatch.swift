import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import Glibc
import Synchronization

@testable import KeyWrapping

/// Holds everything that the whole suite's programs wrote against every secret that the suite's data folders hold: keys,
/// seeds and named secrets, as bytes, in hexadecimal digits, in base64 and base64url. What granted requests and a clear
/// export answer is not looked at. A leak makes the test run fail at its end, whichever tests ran.
enum SecretWatch {
    private struct State {
        var outputs: [(what: String, bytes: Data)] = []
        /// Data folders that are gone from the tests: what is left is the catalog and the KEKs.
        var folders: [String] = []
        var live: Set<String> = []
        var isArmed = false
    }

    private static let state = Mutex(State())
    /// Shorter secrets stand in any text by chance.
    private static let shortest = 16

    /// Notes an output.
    static func saw(_ what: String, _ bytes: Data) {
        guard !bytes.isEmpty else { return }
        state.withLock { $0.outputs.append((what, bytes)) }
    }

    static func watch(_ folder: String) {
        state.withLock { state in
            state.live.insert(folder)
            guard !state.isArmed else { return }
            state.isArmed = true
            atexit { SecretWatch.endOfSuite() }
        }
    }

    /// Takes over what is needed of a folder that is about to be removed.
    static func retire(_ folder: String) {
        let kept = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-watch-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
        noteServers(folder)
        for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "kek"] {
            try? FileManager.default.moveItem(atPath: folder + "/" + name, toPath: kept.path + "/" + name)
        }
        state.withLock { state in
            state.live.remove(folder)
            state.folders.append(kept.path)
        }
    }

    /// What servers on a folder wrote.
    static func noteServers(_ folder: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix("serve-") {
            saw(name, (try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))) ?? Data())
        }
    }

    /// Where a folder's secrets stand in what was written so far, and how many secrets there are.
    static func leaks(of folder: String) async throws -> (secrets: Int, leaks: [String]) {
        let secrets = try await secrets(of: folder)
        var leaks: [String] = []
        let outputs = state.withLock { $0.outputs }
        for (name, secret) in secrets {
            for form in forms(of: secret) {
                leaks += outputs.filter { contains($0.bytes, form) }.map { "\(name) in the output of \($0.what)" }
                for file in ["catalog.sqlite", "catalog.sqlite-wal"] {
                    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)) else { continue }
                    if contains(bytes, form) { leaks.append("\(name) in \(file)") }
                }
            }
        }
        return (secrets.count, leaks)
    }

    private static func secrets(of folder: String) async throws -> [(name: String, bytes: [UInt8])] {
        guard FileManager.default.fileExists(atPath: folder + "/catalog.sqlite") else { return [] }
        let catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        // A test may have taken the KEK away, or held it elsewhere: then nobody can say what the secrets were.
        guard let provider = try await HeldKEKs(folder: folder + "/kek") else { return [] }
        let wrapping = KeyWrapping(provider: provider)
        var secrets: [(name: String, bytes: [UInt8])] = []
        // Some hundred of a folder's keys: a test that fills a catalog makes thousands, all in the same way.
        for key in try await catalog.contentKeys(Page(limit: 300)) where provider.kek(key.wrapped.kek) != nil {
            let bytes = try wrapping.open(key.wrapped).withUnsafeBytes { Array($0) }
            secrets.append(("the key \(key.keyID)", bytes))
        }
        for seed in try await catalog.keySeeds() where provider.kek(seed.wrapped.kek) != nil {
            secrets.append(("the seed \(seed.name)", try wrapping.withSeed(seed.wrapped) { Array($0) }))
        }
        for name in try await catalog.secretNames() {
            guard let record = try catalog.secretBlocking(named: name), provider.kek(record.kek) != nil else {
                continue
            }
            let bytes = try wrapping.withSecret(named: name, kek: record.kek, ciphertext: record.ciphertext) {
                Array($0)
            }
            if bytes.count >= shortest { secrets.append(("the secret \(name)", bytes)) }
        }
        // What the audit log tells is an output too.
        for record in try await catalog.auditRecords(after: 0, limit: 100_000) {
            saw("the audit log of \(folder)", Data(record.event))
        }
        return secrets
    }

    /// How a secret could be written. Base64 is cut where the next byte would change it.
    static func forms(of secret: [UInt8]) -> [Data] {
        let hex = secret.map { String(format: "%02x", $0) }.joined()
        let base64 = String(Data(secret).base64EncodedString().prefix(secret.count * 8 / 6))
        let url = base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        return [Data(secret)] + [hex, hex.uppercased(), base64, url].map { Data($0.utf8) }
    }

    static func contains(_ bytes: Data, _ form: Data) -> Bool {
        bytes.withUnsafeBytes { all in
            form.withUnsafeBytes { part in
                guard let first = part.first, var place = all.baseAddress, let start = part.baseAddress else {
                    return false
                }
                let end = place + all.count
                // The C library looks for the first byte many at a time, which `Data` does not.
                while end - place >= part.count,
                    let found = memchr(place, Int32(first), end - place - part.count + 1)
                {
                    if memcmp(found, start, part.count) == 0 { return true }
                    place = UnsafeRawPointer(found) + 1
                }
                return false
            }
        }
    }

    /// Runs when the test process ends: nothing else runs any more.
    private static func endOfSuite() {
        let (live, retired) = state.withLock { (Array($0.live), $0.folders) }
        live.forEach(noteServers)
        let done = DispatchSemaphore(value: 0)
        let found = Mutex<[String]>([])
        Task.detached {
            for folder in live + retired {
                do {
                    let leaked = try await SecretWatch.leaks(of: folder).leaks
                    found.withLock { $0 += leaked }
                } catch {
                    found.withLock { $0.append("cannot look into \(folder): \(error)") }
                }
            }
            done.signal()
        }
        done.wait()
        for folder in retired { try? FileManager.default.removeItem(atPath: folder) }
        let leaks = Set(found.withLock { $0 }).sorted()
        guard !leaks.isEmpty else { return }
        FileHandle.standardError.write(Data("SECRETS LEAKED:\n\(leaks.joined(separator: "\n"))\n".utf8))
        _exit(1)
    }
}

/// A data folder under watch, for as long as a test has it.
final class WatchedFolder: Sendable {
    private let folder: Folder

    init(_ folder: Folder) {
        self.folder = folder
        SecretWatch.watch(folder.path)
    }

    deinit {
        SecretWatch.retire(folder.path)
    }
}

/// The KEKs that lie in a data folder, retired ones too.
private struct HeldKEKs: KEKProvider {
    private let keks: [KEKVersion: KEK]
    let current: KEK

    /// Nil when there is none.
    init?(folder: String) async throws {
        var keks: [KEKVersion: KEK] = [:]
        for version in (1...9).map(KEKVersion.init(rawValue:)) {
            for path in [folder, folder + "/retired"] {
                let store = FileKEKStore(folder: KEKFolder(path: path))
                if store.holds(version), let kek = try? await store.load(version) { keks[version] = kek }
            }
        }
        guard let newest = keks.max(by: { $0.key < $1.key }) else { return nil }
        self.keks = keks
        current = newest.value
    }

    func kek(_ version: KEKVersion) -> KEK? { keks[version] }
}
