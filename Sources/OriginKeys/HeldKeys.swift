import ContentKeys
import Policies

/// The keys that an origin holds, and since when it may. No lock of its own.
struct HeldKeys {
    private struct Entry {
        var key: ContentKey
        /// When the question was asked that the key service answered last.
        var confirmed: ContinuousClock.Instant
        var used: ContinuousClock.Instant
    }

    private var entries: [OriginKeyRequest: Entry] = [:]

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// The key, while it may be used; notes the use.
    mutating func key(
        _ request: OriginKeyRequest, at now: ContinuousClock.Instant, hold: Duration
    ) -> ContentKey? {
        guard let entry = entries[request], now - entry.confirmed < hold else { return nil }
        entries[request]?.used = now
        return entry.key
    }

    mutating func insert(_ key: ContentKey, _ request: OriginKeyRequest, asked: ContinuousClock.Instant) {
        if entries.count >= RemoteKeySettings.mostKeys, entries[request] == nil,
            let oldest = entries.min(by: { $0.value.used < $1.value.used })
        {
            entries[oldest.key] = nil
        }
        entries[request] = Entry(key: key, confirmed: asked, used: asked)
    }

    mutating func confirm(_ request: OriginKeyRequest, asked: ContinuousClock.Instant) {
        entries[request]?.confirmed = asked
    }

    mutating func remove(_ request: OriginKeyRequest) {
        entries[request] = nil
    }

    mutating func removeAll(of keyID: KeyID) {
        entries = entries.filter { $0.key.keyID != keyID }
    }

    mutating func removeAll() {
        entries = [:]
    }

    /// Lets go of what may not be used any longer, and of what nobody used for as long.
    mutating func removeOld(at now: ContinuousClock.Instant, hold: Duration) {
        entries = entries.filter { now - $0.value.confirmed < hold && now - $0.value.used < hold }
    }

    /// What was confirmed before a time.
    func confirmed(before time: ContinuousClock.Instant) -> [OriginKeyRequest] {
        entries.filter { $0.value.confirmed < time }.map(\.key)
    }
}
