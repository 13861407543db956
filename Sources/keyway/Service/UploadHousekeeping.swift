import AssetFiles
import Logging
import ServiceLifecycle

/// Looks at originals that have arrived, and removes what is left of uploads that do not go on.
struct UploadHousekeeping: Service {
    private static let interval = Duration.seconds(1)
    /// So many rounds lie between two looks for what is left.
    private static let roundsBetweenCleanings = 300

    let uploads: UploadService
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                do {
                    if round % Self.roundsBetweenCleanings == 0 { try await uploads.removeExpired() }
                    _ = try await uploads.ingestAll()
                } catch  where !Task.isCancelled {
                    logger.error("looking at uploads failed, and is tried again", metadata: ["cause": "\(error)"])
                    try? await Task.sleep(for: .seconds(5))
                } catch {}
                round += 1
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
