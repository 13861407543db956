import Catalog
import CatalogSQLite
import Foundation
import Policies
import Synchronization

/// What was revoked, in memory: all of it, because most tokens were not, and that must be known without a read. Kept while
/// the watch hears of every change; else the catalog is asked for each token.
final class CatalogRevocations: RevocationSource {
    private struct State {
        /// With the time of forgetting. Nil until it was read.
        var things: [RevokedThing: Date?]?
        var generation = 0
    }

    private static let page = 10_000

    private let catalog: SQLiteCatalog
    private let watch: CatalogWatch
    private let state = Mutex(State())

    init(catalog: SQLiteCatalog, watch: CatalogWatch) {
        self.catalog = catalog
        self.watch = watch
        watch.listen { [weak self] in self?.hear($0) }
    }

    func isAnyRevoked(_ things: () -> [RevokedThing]) -> Bool? {
        guard watch.isFresh else { return isAnyStored(things()) }
        let known = state.withLock { state -> Bool? in
            guard let revoked = state.things else { return nil }
            // Nothing revoked: the usual case costs nothing.
            guard !revoked.isEmpty else { return false }
            return Self.holds(revoked, things())
        }
        if let known { return known }
        guard let revoked = readAll() else { return nil }
        return Self.holds(revoked, things())
    }

    private static func holds(_ revoked: [RevokedThing: Date?], _ things: [RevokedThing]) -> Bool {
        things.contains { thing in
            guard let expires = revoked[thing] else { return false }
            return expires.map { Date() < $0 } ?? true
        }
    }

    private func isAnyStored(_ things: [RevokedThing]) -> Bool? {
        guard let records = try? catalog.revocationsBlocking(ids: things.map(\.id)) else { return nil }
        let now = Date()
        return records.contains { record in
            things.contains(record.thing) && (record.expires.map { now < $0 } ?? true)
        }
    }

    private func readAll() -> [RevokedThing: Date?]? {
        let generation = state.withLock { $0.generation }
        var revoked: [RevokedThing: Date?] = [:]
        var last = ""
        while true {
            guard let records = try? catalog.revocationsBlocking(after: last, limit: Self.page) else { return nil }
            for record in records { revoked[record.thing] = .some(record.expires) }
            guard records.count == Self.page, let id = records.last?.id else { break }
            last = id
        }
        state.withLock { state in
            if state.generation == generation { state.things = revoked }
        }
        return revoked
    }

    private func hear(_ notices: [CatalogNotice]?) {
        guard let notices else { return forget() }
        let ids = notices.filter { $0.subject == .revocation }.map(\.id)
        guard !ids.isEmpty else { return }
        // Removed ones are not among the records: with one of them everything is read again. That is rare.
        guard let records = try? catalog.revocationsBlocking(ids: ids), records.count == Set(ids).count else {
            return forget()
        }
        state.withLock { state in
            state.generation += 1
            for record in records { state.things?[record.thing] = .some(record.expires) }
        }
    }

    private func forget() {
        state.withLock { $0 = State(generation: $0.generation + 1) }
    }
}
