import Adapters
import CoreMetrics
import Logging
import ServiceLifecycle

/// Keeps the key-encryption keys of a running server: takes up new versions, renews the transit token.
struct KEKService: Service {
    let keks: InstalledKEKs
    let logger: Logger

    private let held = Meter(label: "keyway_kek_versions", dimensions: [("state", "held")])
    private let missing = Meter(label: "keyway_kek_versions", dimensions: [("state", "missing")])

    init(keks: InstalledKEKs, logger: Logger) {
        self.keks = keks
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await keks.keep(logger: logger) }
                group.addTask { await count() }
            }
        }
    }

    private func count() async {
        while !Task.isCancelled {
            held.set(keks.heldCount)
            missing.set(keks.missing.count)
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
