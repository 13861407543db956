import CoreMetrics
import MetricsExposition

/// What this process counts: one registry, behind the interface that every library writes to.
enum ServiceMetrics {
    /// Set up when it is first asked for, which is when the program starts.
    static let registry: MetricsRegistry = {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()
}
