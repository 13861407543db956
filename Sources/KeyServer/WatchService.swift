import Catalog
import ServiceLifecycle

/// Follows the catalog's changes while a server runs.
struct WatchService: Service {
    let watch: CatalogWatch

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await watch.run()
        }
    }
}
