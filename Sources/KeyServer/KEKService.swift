import Adapters
import Logging
import ServiceLifecycle

/// Keeps the key-encryption keys of a running server: takes up new versions, renews the transit token.
struct KEKService: Service {
    let keks: InstalledKEKs
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await keks.keep(logger: logger)
        }
    }
}
