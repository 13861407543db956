import Catalog
import Foundation
import Policies
import Synchronization

/// Policies by the documents that they were decoded from. A key that is asked for the first time has a policy that other
/// keys have, too, and decoding it costs more than reading the key. Nothing in it can be stale: another document is
/// another entry.
final class DecodedPolicies: Sendable {
    /// Most documents that are kept; then it begins anew.
    private static let capacity = 20_000

    private let known = Mutex<[Exact<String>: AuthorizationPolicy]>([:])

    /// - Throws: `CatalogError` for a document that cannot be read.
    func policy(of document: String) throws -> AuthorizationPolicy {
        let document = Exact(document)
        if let policy = known.withLock({ $0[document] }) { return policy }
        let policy = try Column.value(AuthorizationPolicy.self, json: document.wrappedValue)
        known.withLock { known in
            if known.count >= Self.capacity { known = [:] }
            known[document] = policy
        }
        return policy
    }
}
