import Cryptography
import Policies
import Synchronization

/// Parsed public keys by their PEM text: parsing costs ten times as much as verifying. Also keeps what cannot be parsed.
/// When full, the key that came first goes.
final class PublicKeyCache: Sendable {
    private struct State {
        var keys: [Exact<String>: PublicKey?] = [:]
        var order: [Exact<String>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The key of a PEM text; nil when it is not one that may verify.
    func key(pem: String) -> PublicKey? {
        if let known = state.withLock({ $0.keys[Exact(pem)] }) { return known }
        // Outside the lock: two threads may parse the same text once each.
        let key = try? PublicKey(pem: pem)
        state.withLock { state in
            guard state.keys.updateValue(key, forKey: Exact(pem)) == nil else { return }
            state.order.append(Exact(pem))
            if state.order.count > capacity { state.keys[state.order.removeFirst()] = nil }
        }
        return key
    }

    /// How many are kept.
    var count: Int { state.withLock { $0.keys.count } }
}
