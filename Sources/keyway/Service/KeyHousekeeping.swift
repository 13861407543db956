import Administration
import Foundation
import Logging
import ServiceLifecycle

/// Removes keys whose waiting period is over, until the server stops.
struct KeyHousekeeping: Service {
    private static let interval = Duration.seconds(60)

    let operations: KeyOperations
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await operations.removeDue(at: Date())
                } catch {
                    logger.error("keys that are due were not removed", metadata: ["cause": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
