import KeyDelivery
import ServiceLifecycle

/// Writes into the audit log how many requests were refused because there were too many: once a minute, and when the server
/// stops.
struct LimitedRequestsService: Service {
    private static let interval = Duration.seconds(60)

    let keys: KeyDeliveryService

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                guard !Task.isCancelled else { return }
                await keys.recordLimitedRequests()
            }
        }
        await keys.recordLimitedRequests()
    }
}
