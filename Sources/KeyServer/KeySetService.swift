import Adapters
import Catalog
import CoreMetrics
import Logging
import Policies
import ServiceLifecycle
import Tokens

/// Keeps the keys that issuers publish at hand while a server runs: reads those that policies name when it starts, and
/// each anew when it is due.
struct KeySetService: Service {
    let catalog: any CatalogEngine
    let keySets: KeySetKeeper
    let logger: Logger

    private static let pause = Duration.seconds(15)

    func run() async throws {
        let read = Counter(label: "keyway_key_set_reads_total", dimensions: [("outcome", "read")])
        let failed = Counter(label: "keyway_key_set_reads_total", dimensions: [("outcome", "failed")])
        keySets.report(to: { [logger] location, problem in
            guard let problem else { return read.increment() }
            failed.increment()
            logger.warning(
                "an issuer's keys were not read; the last good ones stand",
                metadata: ["url": "\(location.url)", "problem": "\(problem)"])
        })
        await cancelWhenGracefulShutdown {
            let policies = (try? await catalog.authorizationPolicies()) ?? []
            await keySets.renew(policies.flatMap(\.publishedKeyRestrictions).flatMap(\.publishedKeySets))
            while (try? await Task.sleep(for: Self.pause)) != nil { await keySets.renewDue() }
        }
    }
}
