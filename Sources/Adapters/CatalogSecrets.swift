import Catalog
import CatalogSQLite
import ContentKeys
import KeyWrapping
import Tokens

/// Named secrets from the catalog, unwrapped for each use, so that a changed secret is in force at once.
struct CatalogSecrets: SecretSource {
    let catalog: SQLiteCatalog
    let wrapping: KeyWrapping

    func withSecret<Result, Failure: Error>(
        named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let record = try? catalog.secretBlocking(named: name) else { return nil }
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
