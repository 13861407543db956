import Catalog
import CatalogSQLite
import ContentKeys
import KeyWrapping
import Policies
import Tokens

/// Named secrets from the catalog, unwrapped for each use. Their records are kept, wrapped, while the watch hears of
/// every change.
final class CatalogSecrets: SecretSource {
    /// Most records that are kept.
    private static let capacity = 10_000

    private let catalog: SQLiteCatalog
    private let wrapping: KeyWrapping
    private let memory: WatchedMemory<Exact<String>, SecretRecord>

    init(catalog: SQLiteCatalog, wrapping: KeyWrapping, watch: CatalogWatch) {
        self.catalog = catalog
        self.wrapping = wrapping
        memory = WatchedMemory(watch: watch, capacity: Self.capacity) { notice in
            notice.subject == .secret ? .everything : .nothing
        }
    }

    var generation: Int? { memory.freshGeneration }

    private func record(named name: String) -> SecretRecord? {
        try? memory.value(of: Exact(name)) { try catalog.secretBlocking(named: name) }
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
