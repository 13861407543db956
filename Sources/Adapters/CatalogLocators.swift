import Catalog
import CatalogSQLite
import Policies

/// The terms of the locators that tickets were given at, in memory while the watch hears of every change; else the catalog
/// is asked for each ticket.
final class CatalogLocators: LocatorTermsSource {
    /// Most locators that are kept, at some kilobytes each.
    private static let capacity = 10_000

    private let catalog: SQLiteCatalog
    private let memory: WatchedMemory<LocatorID, LocatorTerms>

    init(catalog: SQLiteCatalog, watch: CatalogWatch) {
        self.catalog = catalog
        memory = WatchedMemory(watch: watch, capacity: Self.capacity) { notice in
            switch notice.subject {
            case .locator: LocatorID(notice.id).map { .one($0) } ?? .nothing
            // Any of the locators may stand under it.
            case .deliveryPolicy, .accessPolicy: .everything
            case .contentKey, .authorizationPolicy, .secret, .keySeed, .asset, .revocation, .streamingEndpoint, .origin:
                .nothing
            }
        }
    }

    func terms(of locator: LocatorID) -> LocatorTerms? {
        try? memory.value(of: locator) { try catalog.locatorTermsBlocking(locator) }
    }
}
