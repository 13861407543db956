import AssetFiles
import Logging
import ServiceLifecycle

/// Looks at originals that have arrived, and removes what is left of uploads that do not go on.
struct UploadHousekeeping: Service {
    private static let cleaningInterval = Duration.seconds(300)

    let uploads: UploadService
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await uploads.checkOriginals { error in
                        logger.error(
                            "looking at originals failed, and is tried again", metadata: ["cause": "\(error)"])
                    }
                }
                group.addTask { await clean() }
            }
        }
    }

    private func clean() async {
        while !Task.isCancelled {
            do {
                try await uploads.removeExpired()
            } catch  where !Task.isCancelled {
                logger.error("removing what is left of uploads failed", metadata: ["cause": "\(error)"])
            } catch {}
            try? await Task.sleep(for: Self.cleaningInterval)
        }
    }
}
