import CoreMetrics
import MetricsExposition
import Testing

@Suite struct MetricsRegistryTests {
    @Test func seriesAreWrittenAsPrometheusReadsThem() {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "keyway_things_total", dimensions: [("kind", "a\"b\\c\nd")]).increment(by: 3)
        registry.makeCounter(label: "keyway_things_total", dimensions: [("kind", "z")]).increment(by: 1)
        registry.makeMeter(label: "keyway.level", dimensions: []).set(2.5)
        let timer = registry.makeTimer(label: "keyway_seconds", dimensions: [("of", "x")])
        timer.recordNanoseconds(20_000)
        timer.recordNanoseconds(2_000_000_000)
        let text = registry.text()
        #expect(text.hasPrefix("# TYPE keyway_things_total counter\n"))
        #expect(text.contains(#"keyway_things_total{kind="a\"b\\c\nd"} 3"#))
        #expect(text.contains("keyway_things_total{kind=\"z\"} 1\n"))
        #expect(text.contains("# TYPE keyway_level gauge\nkeyway_level 2.5\n"))
        #expect(text.contains("keyway_seconds_bucket{of=\"x\",le=\"2.5e-05\"} 1\n"))
        #expect(text.contains("keyway_seconds_bucket{of=\"x\",le=\"+Inf\"} 2\n"))
        #expect(text.contains("keyway_seconds_sum{of=\"x\"} 2.00002\n"))
        #expect(text.contains("keyway_seconds_count{of=\"x\"} 2\n"))
        // One head for each name.
        #expect(text.split(separator: "\n").count { $0.hasPrefix("# TYPE keyway_things_total") } == 1)
    }

    /// A label that clients choose cannot fill memory.
    @Test func theNumberOfSeriesIsBounded() {
        let registry = MetricsRegistry()
        for number in 0..<6000 {
            registry.makeCounter(label: "c", dimensions: [("n", "\(number)")]).increment(by: 1)
        }
        #expect(registry.text().split(separator: "\n").count == 5001)
    }
}
