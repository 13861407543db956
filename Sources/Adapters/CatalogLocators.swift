import Catalog
import CatalogSQLite
import Policies
import Synchronization

/// The terms of the locators that tickets were given at, in memory while the watch hears of every change; else the catalog
/// is asked for each ticket.
final class CatalogLocators: LocatorTermsSource {
    private struct State {
        var terms: [LocatorID: LocatorTerms] = [:]
        var generation = 0
    }

    /// Most locators that are kept, at some kilobytes each.
    private static let capacity = 10_000

    private let catalog: SQLiteCatalog
    private let watch: CatalogWatch
    private let state = Mutex(State())

    init(catalog: SQLiteCatalog, watch: CatalogWatch) {
        self.catalog = catalog
        self.watch = watch
        watch.listen { [weak self] in self?.hear($0) }
    }

    func terms(of locator: LocatorID) -> LocatorTerms? {
        guard watch.isFresh else { return try? catalog.locatorTermsBlocking(locator) }
        let (known, generation) = state.withLock { ($0.terms[locator], $0.generation) }
        if let known { return known }
        guard let terms = try? catalog.locatorTermsBlocking(locator) else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.terms.count >= Self.capacity { state.terms.removeAll() }
            state.terms[locator] = terms
        }
        return terms
    }

    private func hear(_ notices: [CatalogNotice]?) {
        state.withLock { state in
            guard let notices else {
                state = State(generation: state.generation + 1)
                return
            }
            for notice in notices {
                switch notice.subject {
                case .locator:
                    guard let id = LocatorID(notice.id) else { continue }
                    state.terms[id] = nil
                // Any of the locators may stand under it.
                case .deliveryPolicy, .accessPolicy: state.terms = [:]
                case .contentKey, .authorizationPolicy, .secret, .keySeed, .asset, .revocation: continue
                }
                state.generation += 1
            }
        }
    }
}
