import Catalog
import CatalogSQLite
import ContentKeys
import KeyWrapping
import Policies
import Synchronization
import Tokens

/// Named secrets from the catalog, unwrapped for each use. Their records are kept, wrapped, while the watch hears of
/// every change.
final class CatalogSecrets: SecretSource {
    private struct State {
        var records: [Exact<String>: SecretRecord] = [:]
        var generation = 0
    }

    /// Most records that are kept.
    private static let capacity = 10_000

    private let catalog: SQLiteCatalog
    private let wrapping: KeyWrapping
    private let watch: CatalogWatch
    private let state = Mutex(State())

    init(catalog: SQLiteCatalog, wrapping: KeyWrapping, watch: CatalogWatch) {
        self.catalog = catalog
        self.wrapping = wrapping
        self.watch = watch
        watch.listen { [weak self] in self?.hear($0) }
    }

    private func hear(_ notices: [CatalogNotice]?) {
        guard notices?.contains(where: { $0.subject == .secret }) != false else { return }
        state.withLock { $0 = State(generation: $0.generation + 1) }
    }

    var generation: Int? { watch.isFresh ? state.withLock { $0.generation } : nil }

    private func record(named name: String) -> SecretRecord? {
        guard watch.isFresh else { return try? catalog.secretBlocking(named: name) }
        let (known, generation) = state.withLock { ($0.records[Exact(name)], $0.generation) }
        if let known { return known }
        guard let record = try? catalog.secretBlocking(named: name) else { return nil }
        state.withLock { state in
            guard state.generation == generation, state.records.count < Self.capacity else { return }
            state.records[Exact(name)] = record
        }
        return record
    }

    func withSecret<Result, Failure: Error>(
        named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let record = record(named: name) else { return nil }
        var outcome: Swift.Result<Result, Failure>?
        // A secret that cannot be unwrapped verifies nothing; the verifier says that the key is not available.
        try? wrapping.withSecret(named: name, kek: record.kek, ciphertext: record.ciphertext) { bytes in
            do throws(Failure) {
                outcome = .success(try body(bytes))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome?.get()
    }
}
