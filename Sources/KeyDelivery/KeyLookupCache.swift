import BoundedMemory
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

    private struct Entry: Sendable {
        let lookup: KeyLookup
        let policy: KeptPolicy?

        var isInForce: Bool { policy?.isInForce.load(ordering: .acquiring) ?? (lookup.key.authorizationPolicy == nil) }
    }

    private struct State {
        var keys: TwoAges<KeyID, Entry>
        var policies: [Exact<String>: KeptPolicy] = [:]
        /// What the policies say, once for all that say the same: a policy for each asset is common, and ten thousand copies of
        /// one would be read from memory where one lies in the processor's cache.
        var options: Set<[AuthorizationOption]> = []
        /// Counts the changes heard of.
        var generation = 0
    }

    /// Most policies that are kept.
    private static let policyCapacity = 100_000

    private let watch: CatalogWatch
    private let state: Mutex<State>

    /// - Parameter capacity: most keys that are kept, at some 300 bytes each.
    public init(watch: CatalogWatch, capacity: Int = 1 << 20) {
        self.watch = watch
        state = Mutex(State(keys: TwoAges(capacity: capacity)))
        watch.listen { [weak self] in self?.hear($0) }
    }

    /// What is known of a key; nil when the catalog has to be asked.
    func lookup(_ keyID: KeyID) -> KeyLookup? {
        guard watch.isFresh else { return nil }
        return state.withLock { state in
            guard let entry = state.keys.value(of: keyID), entry.isInForce else { return nil }
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
                    state.keys.keep(Entry(lookup: lookup, policy: nil), as: key.keyID)
                }
                return
            }
            let kept = Self.kept(policy, in: &state)
            // One copy of the name for all keys.
            key.authorizationPolicy = kept.policy.name
            let shared = KeyLookup(key: key, policy: kept.policy, isWithheld: lookup.isWithheld)
            state.keys.keep(Entry(lookup: shared, policy: kept), as: key.keyID)
        }
    }

    private static func kept(_ policy: AuthorizationPolicy, in state: inout State) -> KeptPolicy {
        if let known = state.policies[Exact(policy.name)] {
            if known.policy == policy { return known }
            known.isInForce.store(false, ordering: .releasing)
        }
        // What policies said before they changed is among the options still.
        if max(state.policies.count, state.options.count) >= policyCapacity { forgetPolicies(&state) }
        var policy = policy
        policy.options = state.options.insert(policy.options).memberAfterInsert
        let kept = KeptPolicy(policy)
        state.policies[Exact(policy.name)] = kept
        return kept
    }

    private static func forgetPolicies(_ state: inout State) {
        for policy in state.policies.values { policy.isInForce.store(false, ordering: .releasing) }
        state.policies = [:]
        state.options = []
    }

    private func hear(_ notices: [CatalogNotice]?) {
        state.withLock { state in
            guard let notices else {
                state.keys.forgetAll()
                Self.forgetPolicies(&state)
                state.generation += 1
                return
            }
            for notice in notices {
                switch notice.subject {
                case .contentKey:
                    guard let keyID = KeyID(notice.id) else { continue }
                    state.keys.forget(keyID)
                case .authorizationPolicy:
                    state.policies.removeValue(forKey: Exact(notice.id))?.isInForce.store(false, ordering: .releasing)
                // Any of the keys may derive from it.
                case .keySeed: state.keys.forgetAll()
                case .secret, .locator, .deliveryPolicy, .accessPolicy, .asset, .revocation, .streamingEndpoint,
                    .origin:
                    continue
                }
                state.generation += 1
            }
        }
    }
}
