import Catalog
import ContentKeys
import Foundation
import Policies
import Synchronization

/// Unwrapped keys of the origin, in locked memory, for a short time and in bounded number.
final class EncryptionKeyCache: Sendable {
    /// In seconds.
    static let usualLifetime: TimeInterval = 60
    static let maximumCount = 512
    /// How often it is looked for keys that have expired, while any is held.
    private static let sweepInterval = Duration.seconds(1)

    private struct Entry {
        var key: ContentKey
        var expires: Date
    }

    private struct State {
        var entries: [KeyID: Entry] = [:]
        /// Counts the changes heard of: what was read before one is not kept.
        var generation = 0
        /// Lets go of what has expired; nil while nothing is held.
        var sweep: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let catalog: any CatalogEngine
    private let unwrapper: any KeyUnwrapper
    private let now: @Sendable () -> Date
    private let watch: CatalogWatch
    private let lifetime: TimeInterval

    /// - Parameter watch: a key that is changed is forgotten at once; where the watch hears nothing, each use asks the catalog, and when that
    ///   does not answer, a key that is held serves on until its lifetime is over.
    /// - Parameter lifetime: in seconds, after which the unwrapper is asked again.
    init(
        catalog: any CatalogEngine, watch: CatalogWatch, unwrapper: any KeyUnwrapper,
        lifetime: TimeInterval = usualLifetime, now: @escaping @Sendable () -> Date
    ) {
        self.catalog = catalog
        self.unwrapper = unwrapper
        self.now = now
        self.watch = watch
        self.lifetime = lifetime
        watch.listen { [weak self] in self?.hear($0) }
    }

    deinit {
        state.withLock { $0.sweep?.cancel() }
    }

    /// How many keys are in memory, those that have expired among them.
    var count: Int { state.withLock { $0.entries.count } }

    private func hear(_ notices: [CatalogNotice]?) {
        state.withLock { state in
            guard let notices else {
                state.entries = [:]
                state.generation += 1
                return
            }
            for notice in notices where notice.subject == .contentKey {
                state.generation += 1
                guard let keyID = KeyID(notice.id) else { continue }
                state.entries[keyID] = nil
            }
        }
    }

    /// The key of an id, for a purpose that is checked on each call, also when the key is at hand.
    func key(_ keyID: KeyID, for purpose: UnwrapPurpose) async throws(OriginError) -> ContentKey {
        if let known = known(keyID, for: purpose) { return known }
        let generation = state.withLock { $0.generation }
        do {
            guard let record = try await catalog.contentKey(keyID), record.state == .enabled else {
                throw OriginError(.storageFault, "key \(keyID) is missing or disabled")
            }
            if let held = held(keyID, for: purpose) { return held }
            let key = try await unwrapper.unwrap(record.wrapped, for: purpose)
            insert(key, keyID, generation)
            return key
        } catch let error as OriginError {
            throw error
        } catch KeyUnwrapError.refused(let reason) {
            // Who holds the KEK has decided: what is held may not be used any longer.
            state.withLock { $0.entries[keyID] = nil }
            throw OriginError(.storageFault, "key \(keyID) is refused by the key service: \(reason)")
        } catch KeyUnwrapError.serviceAway(let seconds) {
            if let held = held(keyID, for: purpose) { return held }
            throw OriginError(keysAwayFor: seconds)
        } catch {
            if let held = held(keyID, for: purpose) { return held }
            throw OriginError(.storageFault, "key \(keyID) cannot be unwrapped: \(error)")
        }
    }

    /// The key at hand, for a purpose that is checked on each call.
    func known(_ keyID: KeyID, for purpose: UnwrapPurpose) -> ContentKey? {
        watch.isFresh ? held(keyID, for: purpose) : nil
    }

    private func held(_ keyID: KeyID, for purpose: UnwrapPurpose) -> ContentKey? {
        guard let known = state.withLock({ $0.entries[keyID] }), known.expires > now(),
            purpose.covers(known.key.type)
        else { return nil }
        return known.key
    }

    private func insert(_ key: ContentKey, _ keyID: KeyID, _ generation: Int) {
        let time = now()
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count >= Self.maximumCount {
                state.entries = state.entries.filter { $0.value.expires > time }
                // Still full: all are in use; forgetting one costs an unwrap.
                if state.entries.count >= Self.maximumCount,
                    let oldest = state.entries.min(by: { $0.value.expires < $1.value.expires })
                {
                    state.entries[oldest.key] = nil
                }
            }
            state.entries[keyID] = Entry(key: key, expires: time.addingTimeInterval(lifetime))
            if state.sweep == nil { state.sweep = sweep() }
        }
    }

    /// Lets go of keys when they have expired, also when nobody asks for one again; ends with the last of them.
    private func sweep() -> Task<Void, Never> {
        // Outlives the request that began it: neither its priority nor its values are this one's.
        Task.detached(priority: .utility) { [weak self] in
            repeat {
                guard (try? await Task.sleep(for: Self.sweepInterval)) != nil else { return }
            } while self?.removeOld() == true
        }
    }

    /// Lets go of what has expired; whether anything is left.
    func removeOld() -> Bool {
        let time = now()
        return state.withLock { state in
            state.entries = state.entries.filter { $0.value.expires > time }
            if state.entries.isEmpty { state.sweep = nil }
            return !state.entries.isEmpty
        }
    }
}

extension UnwrapPurpose {
    /// Whether the purpose covers keys of a type at all.
    fileprivate func covers(_ type: ContentKeyType) -> Bool {
        switch self {
        case .disclosure, .export, .exchange, .origin: false
        case .encryption(let plan): plan.encryption.keyType == type
        case .storage: type == .storage
        }
    }
}
