public import Catalog
import ContentKeys
import Policies
import Synchronization

/// What the catalog says of keys and their policies, kept in memory between changes, so that a decision needs no read.
///
/// Right by construction: an entry is used only while the watch has heard of everything (`CatalogWatch.isFresh`), a change
/// of a record drops its entry, and what was read before a change is not kept after it.
public final class KeyLookupCache: Sendable {
    private struct State {
        /// Two ages: when the younger is full it becomes the elder, and what the elder held is forgotten unless it was
        /// asked for since. Bounded, without a list to keep in order.
        var younger: [KeyID: ContentKeyRecord] = [:]
        var elder: [KeyID: ContentKeyRecord] = [:]
        var policies: [Exact<String>: AuthorizationPolicy] = [:]
        /// Counts the changes heard of.
        var generation = 0
    }

    /// Most policies that are kept.
    private static let policyCapacity = 100_000

    private let watch: CatalogWatch
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: most keys that are kept, at some 300 bytes each.
    public init(watch: CatalogWatch, capacity: Int = 1 << 20) {
        self.watch = watch
        self.capacity = max(capacity / 2, 1)
        watch.listen { [weak self] in self?.hear($0) }
    }

    /// What is known of a key; nil when the catalog has to be asked.
    func lookup(_ keyID: KeyID) -> KeyLookup? {
        guard watch.isFresh else { return nil }
        return state.withLock { state in
            guard let key = record(keyID, in: &state) else { return nil }
            guard let name = key.authorizationPolicy else { return KeyLookup(key: key, policy: nil) }
            // A policy that is not at hand may be unknown here or gone there: the catalog knows.
            return state.policies[Exact(name)].map { KeyLookup(key: key, policy: $0) }
        }
    }

    /// To be asked before the catalog is read, and given to `keep`.
    var generation: Int { state.withLock { $0.generation } }

    /// Keeps what was read, unless something changed since.
    func keep(_ lookup: KeyLookup, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            var key = lookup.key
            if let policy = lookup.policy {
                if state.policies.count >= Self.policyCapacity { state.policies.removeAll() }
                state.policies[Exact(policy.name)] = policy
                // One copy of the name for all keys.
                key.authorizationPolicy = policy.name
            }
            insert(key, into: &state)
        }
    }

    private func record(_ keyID: KeyID, in state: inout State) -> ContentKeyRecord? {
        if let key = state.younger[keyID] { return key }
        guard let key = state.elder[keyID] else { return nil }
        insert(key, into: &state)
        return key
    }

    private func insert(_ key: ContentKeyRecord, into state: inout State) {
        if state.younger.count >= capacity {
            state.elder = state.younger
            state.younger = [:]
        }
        state.younger[key.keyID] = key
    }

    private func hear(_ notices: [CatalogNotice]?) {
        state.withLock { state in
            guard let notices else {
                state = State(generation: state.generation + 1)
                return
            }
            for notice in notices {
                switch notice.subject {
                case .contentKey:
                    guard let keyID = KeyID(notice.id) else { continue }
                    state.younger[keyID] = nil
                    state.elder[keyID] = nil
                case .authorizationPolicy: state.policies[Exact(notice.id)] = nil
                // Any of the keys may derive from it.
                case .keySeed: (state.younger, state.elder) = ([:], [:])
                case .secret, .locator, .deliveryPolicy, .accessPolicy, .asset, .revocation: continue
                }
                state.generation += 1
            }
        }
    }
}
