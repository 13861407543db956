import Administration
import Catalog
import Foundation
import Logging
import ServiceLifecycle

/// Removes keys whose waiting period is over and revocations that may be forgotten, until the server stops.
struct KeyHousekeeping: Service {
    private static let interval = Duration.seconds(60)

    let operations: KeyOperations
    let catalog: any CatalogEngine
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await operations.removeDue(at: Date())
                    _ = try await catalog.removeExpiredRevocations(at: Date())
                } catch is CancellationError {
                    // The server stops, maybe before it has begun: what is due is done next time.
                    return
                } catch  where Task.isCancelled {
                    return
                } catch {
                    logger.error("keys and revocations that are due were not removed", metadata: ["cause": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
