import Catalog
import ContentKeys
import Foundation
import Policies
import Synchronization

/// Unwrapped keys of the origin, in locked memory, for a short time and in bounded number.
final class EncryptionKeyCache: Sendable {
    /// In seconds.
    static let lifetime: TimeInterval = 60
    static let maximumCount = 512

    private struct Entry {
        var key: ContentKey
        var expires: Date
    }

    private let entries = Mutex<[KeyID: Entry]>([:])
    private let catalog: any CatalogEngine
    private let unwrapper: any KeyUnwrapper
    private let now: @Sendable () -> Date

    init(catalog: any CatalogEngine, unwrapper: any KeyUnwrapper, now: @escaping @Sendable () -> Date) {
        self.catalog = catalog
        self.unwrapper = unwrapper
        self.now = now
    }

    /// The key of an id, for a purpose that is checked on each call, also when the key is at hand.
    func key(_ keyID: KeyID, for purpose: UnwrapPurpose) async throws(OriginError) -> ContentKey {
        if let key = entries.withLock({ $0[keyID] }), key.expires > now(), purpose.covers(key.key.type) {
            return key.key
        }
        do {
            guard let record = try await catalog.contentKey(keyID), record.state == .enabled else {
                throw OriginError(.storageFault, "key \(keyID) is missing or disabled")
            }
            let key = try await unwrapper.unwrap(record.wrapped, for: purpose)
            insert(key, keyID)
            return key
        } catch let error as OriginError {
            throw error
        } catch {
            throw OriginError(.storageFault, "key \(keyID) cannot be unwrapped: \(error)")
        }
    }

    private func insert(_ key: ContentKey, _ keyID: KeyID) {
        let time = now()
        entries.withLock { entries in
            if entries.count >= Self.maximumCount {
                entries = entries.filter { $0.value.expires > time }
                // Still full: all are in use; forgetting one costs an unwrap.
                if entries.count >= Self.maximumCount,
                    let oldest = entries.min(by: { $0.value.expires < $1.value.expires })
                {
                    entries[oldest.key] = nil
                }
            }
            entries[keyID] = Entry(key: key, expires: time.addingTimeInterval(Self.lifetime))
        }
    }
}

extension UnwrapPurpose {
    /// Whether the purpose covers keys of a type at all.
    fileprivate func covers(_ type: ContentKeyType) -> Bool {
        switch self {
        case .disclosure, .export, .exchange: false
        case .encryption(let plan): plan.encryption.keyType == type
        case .storage: type == .storage
        }
    }
}
