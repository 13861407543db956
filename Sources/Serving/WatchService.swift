package import Catalog
import ServiceLifecycle

/// Follows the catalog's changes while a server runs.
package struct WatchService: Service {
    private let watch: CatalogWatch

    package init(watch: CatalogWatch) {
        self.watch = watch
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await watch.run()
        }
    }
}
