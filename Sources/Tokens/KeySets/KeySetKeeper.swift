public import Policies
import Synchronization

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A document as it was fetched.
public struct FetchedDocument: Sendable, Hashable {
    public var bytes: [UInt8]
    /// How long it may be kept, in seconds, as its server says (RFC 9111, 5.2.2.1); nil when it does not.
    public var maximumAge: Int?

    public init(bytes: [UInt8], maximumAge: Int? = nil) {
        self.bytes = bytes
        self.maximumAge = maximumAge
    }
}

/// Fetches documents.
public protocol DocumentFetcher: Sendable {
    /// Follows no redirect; bounded in time.
    /// - Parameter limit: in bytes.
    /// - Throws: for anything but a complete answer of status 200.
    func fetch(_ address: KeySetAddress, limit: Int) async throws -> FetchedDocument
}

/// A key set that is kept over restarts. It holds public keys only.
public struct StoredKeySet: Sendable, Hashable {
    public var location: KeySetLocation
    /// Of the discovery document, where there was one.
    public var issuer: String?
    public var document: [UInt8]
    public var fetched: Date

    public init(location: KeySetLocation, issuer: String?, document: [UInt8], fetched: Date) {
        self.location = location
        self.issuer = issuer
        self.document = document
        self.fetched = fetched
    }
}

/// Keeps key sets over restarts, so that a restart while an issuer is away refuses nobody.
public protocol KeySetStore: Sendable {
    func storedKeySet(at location: KeySetLocation) async throws -> StoredKeySet?
    func storeKeySet(_ set: StoredKeySet) async throws
}

/// How key sets are read.
public struct KeySetRules: Sendable, Hashable {
    /// The only hosts that are asked: `host` or `host:port`.
    public var hosts: [String]
    /// In seconds: how long a set is used before it is read anew, where its server does not say.
    public var refresh = 600
    /// In seconds: within which the server's word counts.
    public var refreshRange = 60...86_400
    /// In seconds: no set is read more often, whatever tokens ask for.
    public var pause = 10
    /// In seconds: how long the last good set is used while its issuer is away.
    public var longestStale = 7 * 86_400

    public init(hosts: [String] = []) {
        self.hosts = hosts
    }
}

/// The keys that issuers publish, in memory: read when a policy first asks for them, anew in the background, and anew when
/// a token names a key that is not among them.
public final class KeySetKeeper: KeySetSource {
    /// What came of reading a set, for the log.
    public typealias Report = @Sendable (_ location: KeySetLocation, _ problem: String?) -> Void

    private struct Entry {
        var set: PublishedKeySet?
        var document: [UInt8] = []
        var fetched = Date.distantPast
        /// From when on the background reads it anew.
        var due = Date.distantPast
        var attempted = Date.distantPast
        /// When the set became another.
        var changed = Date.distantPast
        /// When somebody needed the set last.
        var asked: Date
        var reading: Task<Void, Never>?
    }

    private struct State {
        var entries: [KeySetLocation: Entry] = [:]
        var generation = 0
        var report: Report?
        /// When somebody was told last that there is no room for another set.
        var toldOfFull = Date.distantPast

        mutating func forget(_ location: KeySetLocation) {
            guard entries[location]?.set != nil else { return }
            entries[location]?.set = nil
            entries[location]?.document = []
            generation += 1
        }

        /// What was verified with them is verified anew.
        mutating func forgetIdle(since time: Date) {
            for (location, entry) in entries where entry.reading == nil && entry.asked <= time {
                forget(location)
                entries[location] = nil
            }
        }
    }

    /// Sets of this many places; policies name them, so that more is a mistake.
    private static let mostPlaces = 1024

    private let rules: KeySetRules
    private let fetcher: any DocumentFetcher
    private let store: (any KeySetStore)?
    private let now: @Sendable () -> Date
    private let state = Mutex(State())

    public init(
        rules: KeySetRules, fetcher: any DocumentFetcher, store: (any KeySetStore)? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.rules = rules
        self.fetcher = fetcher
        self.store = store
        self.now = now
    }

    /// Sets who is told what comes of each reading.
    public func report(to report: @escaping Report) {
        state.withLock { $0.report = report }
    }

    private func report(_ location: KeySetLocation, _ problem: String?) {
        state.withLock { $0.report }?(location, problem)
    }

    public var generation: Int { state.withLock { $0.generation } }

    public func keySet(at location: KeySetLocation) -> PublishedKeySet? {
        let time = now()
        let oldest = time.addingTimeInterval(-Double(rules.longestStale))
        return state.withLock { state in
            state.entries[location]?.asked = time
            guard let entry = state.entries[location], let set = entry.set else { return nil }
            guard entry.fetched > oldest else {
                // What it verified is not remembered beyond it.
                state.forget(location)
                return nil
            }
            return set
        }
    }

    @discardableResult
    public func renew(_ locations: [KeySetLocation]) async -> Bool {
        await withTaskGroup { group in
            for reading in locations.compactMap(reading) { group.addTask { await reading.value } }
        }
        // Also when somebody else's reading found another set while the caller still looked at the one before.
        let recently = now().addingTimeInterval(-Double(rules.pause))
        return state.withLock { state in
            locations.contains { state.entries[$0].map { $0.changed >= recently } ?? false }
        }
    }

    /// Reads sets anew that are due. To be called now and then, as every half minute.
    public func renewDue() async {
        let time = now()
        let due = state.withLock { state in
            // Perhaps no policy names it any more; one that does has it read again.
            state.forgetIdle(since: time.addingTimeInterval(-Double(rules.longestStale)))
            return state.entries.filter { $0.value.due <= time }.map(\.key)
        }
        await renew(due)
    }

    /// The reading of a set that is under way or begins now; nil when it was tried a moment ago.
    private func reading(_ location: KeySetLocation) -> Task<Void, Never>? {
        let time = now()
        let (reading, isToBeTold) = state.withLock { state -> (Task<Void, Never>?, Bool) in
            guard state.entries[location] == nil, state.entries.count >= Self.mostPlaces else {
                return (read(location, &state, at: time), false)
            }
            let isToBeTold = state.toldOfFull.addingTimeInterval(Double(rules.pause)) <= time
            if isToBeTold { state.toldOfFull = time }
            return (nil, isToBeTold)
        }
        if isToBeTold {
            report(location, "it is not read: policies name the key sets of \(Self.mostPlaces) other places already")
        }
        return reading
    }

    private func read(_ location: KeySetLocation, _ state: inout State, at time: Date) -> Task<Void, Never>? {
        var entry = state.entries[location] ?? Entry(asked: time)
        if let reading = entry.reading { return reading }
        guard entry.attempted.addingTimeInterval(Double(rules.pause)) <= time else { return nil }
        entry.attempted = time
        let reading = Task { await self.read(location) }
        entry.reading = reading
        state.entries[location] = entry
        return reading
    }

    private func read(_ location: KeySetLocation) async {
        do {
            let (issuer, document, age) = try await fetch(location)
            // Kept also when it holds no key: after a restart an older set must not come back.
            let stored = StoredKeySet(location: location, issuer: issuer, document: document, fetched: now())
            let set = Result { () throws(KeySetError) in try PublishedKeySet(document: document, issuer: issuer) }
            if case .failure(let error) = set, !error.isWithdrawal { throw error }
            try? await store?.storeKeySet(stored)
            keep(try set.get(), document, of: location, fetched: now(), age: age)
            report(location, nil)
        } catch let error as KeySetError where error.isWithdrawal {
            withdraw(location, problem: error.description)
        } catch {
            await fallBack(location, problem: "\(error)")
        }
        state.withLock { $0.entries[location]?.reading = nil }
    }

    /// There are no keys, by the issuer's word or by ours: nothing stands in for them.
    private func withdraw(_ location: KeySetLocation, problem: String) {
        let next = now().addingTimeInterval(Double(rules.refreshRange.lowerBound))
        state.withLock { state in
            state.forget(location)
            state.entries[location]?.due = next
        }
        report(location, problem)
    }

    /// Without an answer, the last good set stands: that in memory, else the one that was kept.
    private func fallBack(_ location: KeySetLocation, problem: String) async {
        let isMissing = state.withLock { $0.entries[location]?.set == nil }
        if isMissing, let stored = try? await store?.storedKeySet(at: location),
            let set = try? PublishedKeySet(document: stored.document, issuer: stored.issuer)
        {
            keep(set, stored.document, of: location, fetched: stored.fetched, age: rules.refreshRange.lowerBound)
        } else {
            let next = now().addingTimeInterval(Double(rules.refreshRange.lowerBound))
            state.withLock { $0.entries[location]?.due = next }
        }
        report(location, problem)
    }

    private func keep(
        _ set: PublishedKeySet, _ document: [UInt8], of location: KeySetLocation, fetched: Date, age: Int?
    ) {
        let range = rules.refreshRange
        let next = min(max(age ?? rules.refresh, range.lowerBound), range.upperBound)
        let due = now().addingTimeInterval(Double(next))
        state.withLock { state in
            guard var entry = state.entries[location] else { return }
            // An unchanged set does not make tokens be verified anew.
            if entry.set == nil || entry.document != document || entry.set?.issuer.isExactly(set.issuer) != true {
                state.generation += 1
                entry.changed = now()
            }
            entry.set = set
            entry.document = document
            entry.fetched = fetched
            entry.due = due
            state.entries[location] = entry
        }
    }

    private func fetch(_ location: KeySetLocation) async throws -> (issuer: String?, document: [UInt8], age: Int?) {
        var address = try allowed(location.url)
        var issuer: String?
        if location.kind == .discovery {
            let found = try await fetcher.fetch(address, limit: DiscoveryDocument.longest)
            let discovery = try DiscoveryDocument(found.bytes)
            issuer = discovery.issuer
            address = try allowed(discovery.keySet)
        }
        let found = try await fetcher.fetch(address, limit: PublishedKeySet.longestDocument)
        return (issuer, found.bytes, found.maximumAge)
    }

    /// Also what a discovery document names must be on the list.
    private func allowed(_ url: String) throws(KeySetError) -> KeySetAddress {
        let address: KeySetAddress
        do { address = try KeySetAddress(url) } catch { throw KeySetError("the key set's address \(error.reason)") }
        guard address.isAllowed(by: rules.hosts) else {
            throw KeySetError(
                "\(address.host):\(address.port) may not be asked for keys: it is not among 'keySets.hosts' of the "
                    + "configuration", isWithdrawal: true)
        }
        return address
    }
}
