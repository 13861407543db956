import CoreMetrics
package import MetricsExposition

/// What this process counts: one registry, behind the interface that every library writes to.
package enum ServiceMetrics {
    /// Set up when it is first asked for, which is when the program starts.
    package static let registry: MetricsRegistry = {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()
}
