public import Catalog
import ContentKeys
import Policies
import Synchronization

/// What the catalog says of keys and their policies, kept in memory between changes, so that a decision needs no read.
///
/// Right by construction: an entry is used only while the watch has heard of everything (`CatalogWatch.isFresh`), a change
/// of a record drops its entry, and what was read before a change is not kept after it.
public final class KeyLookupCache: Sendable {
    /// A policy that all keys under it share.
    private final class KeptPolicy: Sendable {
        let policy: AuthorizationPolicy
        /// Until the policy changes.
        let isInForce = Atomic(true)

        init(_ policy: AuthorizationPolicy) {
            self.policy = policy
        }
    }

    private struct Entry {
        let lookup: KeyLookup
        let policy: KeptPolicy?

        var isInForce: Bool { policy?.isInForce.load(ordering: .acquiring) ?? (lookup.key.authorizationPolicy == nil) }
    }

    private struct State {
        /// Two ages: when the younger is full it becomes the elder, and what the elder held is forgotten unless it was
        /// asked for since. Bounded, without a list to keep in order.
        var younger: [KeyID: Entry] = [:]
        var elder: [KeyID: Entry] = [:]
        var policies: [Exact<String>: KeptPolicy] = [:]
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
            if let entry = state.younger[keyID] { return entry.isInForce ? entry.lookup : nil }
            guard let entry = state.elder[keyID], entry.isInForce else { return nil }
            insert(entry, keyID, into: &state)
            return entry.lookup
        }
    }

    /// To be asked before the catalog is read, and given to `keep`.
    var generation: Int { state.withLock { $0.generation } }

    /// Keeps what was read, unless something changed since.
    func keep(_ lookup: KeyLookup, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            var key = lookup.key
            guard let policy = lookup.policy else {
                // A key whose policy is gone is read each time: the policy may come back.
                if key.authorizationPolicy == nil {
                    insert(Entry(lookup: lookup, policy: nil), key.keyID, into: &state)
                }
                return
            }
            let kept = Self.kept(policy, in: &state)
            // One copy of the name for all keys.
            key.authorizationPolicy = kept.policy.name
            let shared = KeyLookup(key: key, policy: kept.policy)
            insert(Entry(lookup: shared, policy: kept), key.keyID, into: &state)
        }
    }

    private static func kept(_ policy: AuthorizationPolicy, in state: inout State) -> KeptPolicy {
        if let known = state.policies[Exact(policy.name)] {
            if known.policy == policy { return known }
            known.isInForce.store(false, ordering: .releasing)
        }
        if state.policies.count >= policyCapacity { forgetPolicies(&state) }
        let kept = KeptPolicy(policy)
        state.policies[Exact(policy.name)] = kept
        return kept
    }

    private static func forgetPolicies(_ state: inout State) {
        for policy in state.policies.values { policy.isInForce.store(false, ordering: .releasing) }
        state.policies = [:]
    }

    private func insert(_ entry: Entry, _ keyID: KeyID, into state: inout State) {
        if state.younger.count >= capacity {
            let forgotten = state.elder
            state.elder = state.younger
            state.younger = Dictionary(minimumCapacity: capacity)
            // Thousands of entries take milliseconds to go: not those of a request.
            Task.detached(priority: .utility) { withExtendedLifetime(forgotten) {} }
        }
        state.younger[keyID] = entry
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
                case .authorizationPolicy:
                    state.policies.removeValue(forKey: Exact(notice.id))?.isInForce.store(false, ordering: .releasing)
                // Any of the keys may derive from it.
                case .keySeed: (state.younger, state.elder) = ([:], [:])
                case .secret, .locator, .deliveryPolicy, .accessPolicy, .asset, .revocation: continue
                }
                state.generation += 1
            }
        }
    }
}
