public import ContentKeys
public import Foundation
import Synchronization

/// A KEK version as the catalog knows it.
public struct KEKEntry: Sendable, Hashable {
    public var version: KEKVersion
    public var provider: KEKProviderKind
    /// `KEK.makeProof`.
    public var proof: [UInt8]
    public var retired: Date?

    public init(version: KEKVersion, provider: KEKProviderKind, proof: [UInt8], retired: Date?) {
        self.version = version
        self.provider = provider
        self.proof = proof
        self.retired = retired
    }
}

/// Which versions there are: the catalog's word, which all processes share. The newest is the current one.
public protocol KEKRegister: Sendable {
    /// Read on the calling thread, in microseconds.
    func entries() throws -> [KEKEntry]
}

/// The KEKs that this process holds. It follows the register: a version that another process made is taken up when a key
/// names it, or within a second; a retired one is let go.
public final class KEKRing: KEKProvider {
    /// How often the register is asked without a reason, and a version again that could not be had.
    public static let interval = Duration.seconds(1)
    /// How long a retired version is still held, for requests that were under way.
    private static let retirementDelay: TimeInterval = 60

    private struct State {
        var keks: [KEKVersion: KEK]
        var current: KEK
        var looked: ContinuousClock.Instant
        /// When a version was last looked for in vain.
        var missed: [KEKVersion: ContinuousClock.Instant] = [:]
        /// The look under way that waits for a store; those who miss a version meanwhile wait for the same.
        var refreshing: Task<Void, any Error>?

        func mayLook(for version: KEKVersion) -> Bool {
            missed[version].map { ContinuousClock.now - $0 >= KEKRing.interval } ?? true
        }
    }

    private let register: any KEKRegister
    private let stores: [KEKProviderKind: any KEKStore]
    private let state: Mutex<State>

    /// - Parameter held: loaded and checked versions; never empty of the current one.
    public init(
        register: any KEKRegister, stores: [any KEKStore], held: [KEK], current: KEK
    ) {
        self.register = register
        self.stores = Dictionary(stores.map { ($0.kind, $0) }) { $1 }
        let keks = Dictionary((held + [current]).map { ($0.version, $0) }) { $1 }
        state = Mutex(State(keks: keks, current: current, looked: .now))
    }

    public var current: KEK {
        if state.withLock({ ContinuousClock.now - $0.looked >= Self.interval }) { look(for: nil) }
        return state.withLock { $0.current }
    }

    public func kek(_ version: KEKVersion) -> KEK? {
        if let kek = state.withLock({ $0.keks[version] }) { return kek }
        guard state.withLock({ $0.mayLook(for: version) }) else { return nil }
        look(for: version)
        return state.withLock { $0.keks[version] }
    }

    public func find(_ version: KEKVersion) async -> KEK? {
        if let kek = kek(version) { return kek }
        guard state.withLock({ $0.mayLook(for: version) }) else { return nil }
        // The first look may be one that began before the version was recorded.
        for _ in 0..<2 {
            try? await refresh()
            if let kek = state.withLock({ $0.keks[version] }) { return kek }
        }
        state.withLock { $0.missed[version] = .now }
        return nil
    }

    /// The versions that are not retired and cannot be had: of a store that has to be waited for, those that were asked for in
    /// vain. Reads the register.
    public func missing() throws -> [KEKVersion] {
        guard !missing(try register.entries()).isEmpty else { return [] }
        look(for: nil)
        let missed = state.withLock { Set($0.missed.keys) }
        return missing(try register.entries()).filter { entry in
            missed.contains(entry.version) || stores[entry.provider]?.waits != true
        }.map(\.version)
    }

    public var heldCount: Int { state.withLock { $0.keks.count } }

    /// Takes up what the register has and this process has not. Concurrent calls share one look.
    ///
    /// - Throws: `KEKError` for a version that cannot be had; the others are taken up all the same.
    public func refresh() async throws {
        let task = state.withLock { state -> Task<Void, any Error> in
            if let task = state.refreshing { return task }
            let task = Task { [self] in
                defer { self.state.withLock { $0.refreshing = nil } }
                try await loadAll()
            }
            state.refreshing = task
            return task
        }
        try await task.value
    }

    private func loadAll() async throws {
        let entries = try register.entries()
        var failure: (any Error)?
        for entry in missing(entries) {
            do {
                guard let store = stores[entry.provider] else { throw KEKError.notConfigured(entry) }
                try take(try await store.load(entry.version), entry, store)
            } catch {
                failure = error
                state.withLock { $0.missed[entry.version] = .now }
            }
        }
        settle(entries)
        if let failure { throw failure }
    }

    /// What can be had without waiting.
    private func look(for version: KEKVersion?) {
        guard let entries = try? register.entries() else { return }
        var waits = false
        for entry in missing(entries) {
            guard let store = stores[entry.provider] else { continue }
            // One that cannot be had is missed below; `refresh` and the start say why.
            guard let found = try? store.loadNow(entry.version) else {
                waits = waits || store.waits
                continue
            }
            try? take(found, entry, store)
        }
        settle(entries)
        guard let version, !waits else { return }
        state.withLock { if $0.keks[version] == nil { $0.missed[version] = .now } }
    }

    private func missing(_ entries: [KEKEntry]) -> [KEKEntry] {
        let held = state.withLock { Set($0.keks.keys) }
        return entries.filter { !held.contains($0.version) && $0.retired == nil }
    }

    private func take(_ kek: KEK, _ entry: KEKEntry, _ store: any KEKStore) throws {
        guard kek.made(proof: entry.proof) else { throw KEKError.wrong(entry, store) }
        state.withLock { state in
            state.keks[entry.version] = kek
            state.missed[entry.version] = nil
        }
    }

    /// The newest version is the current one once it is held; retired ones go.
    private func settle(_ entries: [KEKEntry]) {
        let newest = entries.filter { $0.retired == nil }.map(\.version).max()
        let gone = entries.filter { entry in
            entry.retired.map { Date().timeIntervalSince($0) > Self.retirementDelay } ?? false
        }
        state.withLock { state in
            if let newest, let kek = state.keks[newest] { state.current = kek }
            for entry in gone where entry.version != state.current.version { state.keks[entry.version] = nil }
            state.looked = .now
        }
    }
}

extension KEKError {
    /// A version whose provider is not configured here.
    public static func notConfigured(_ entry: KEKEntry) -> KEKError {
        KEKError(
            "version \(entry.version.rawValue) is held by the \(entry.provider.rawValue) provider, which "
                + "is not configured here; set kek.transit.address, kek.transit.key and kek.transit.tokenFile")
    }

    /// A version whose place holds another key.
    public static func wrong(_ entry: KEKEntry, _ store: any KEKStore) -> KEKError {
        KEKError(
            "\(store.place(of: entry.version)) is not the key that this catalog was made with (version "
                + "\(entry.version.rawValue)); restore the right one from its backup")
    }
}
