import Administration
import KeyDelivery
import ServiceLifecycle

/// Writes into the audit log how many requests were refused because there were too many, and how many of the admin API's
/// refusals were too many for a record each: once a minute, and when the server stops.
struct LimitedRequestsService: Service {
    private static let interval = Duration.seconds(60)

    let keys: KeyDeliveryService
    let admin: AdminAuthentication

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                guard !Task.isCancelled else { return }
                await record()
            }
        }
        await record()
    }

    private func record() async {
        await keys.recordLimitedRequests()
        await admin.recordRefusals()
    }
}
