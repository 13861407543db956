public import CoreMetrics
import Synchronization

/// Keeps what the program counts and measures, and writes it as Prometheus reads it (text exposition format 0.0.4).
///
/// Times are histograms with fixed bounds in seconds, recorders histograms without a unit, meters gauges. Labels are the
/// dimensions in the order given. The number of series is bounded, so that no label that a client chooses can fill memory.
public final class MetricsRegistry: MetricsFactory {
    struct Series: Hashable {
        var name: String
        /// As they stand between braces: `a="1",b="2"`.
        var labels: String
    }

    private struct State {
        var counters: [Series: Count] = [:]
        var gauges: [Series: Gauge] = [:]
        var histograms: [Series: Histogram] = [:]
        var series: Int { counters.count + gauges.count + histograms.count }
    }

    /// Most series that are kept; further ones are taken and not shown.
    private static let mostSeries = 5000

    private let state = Mutex(State())

    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        count(label, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        count(label, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        state.withLock { state in
            let series = Self.series(label, dimensions)
            if let known = state.gauges[series] { return known }
            let gauge = Gauge()
            if state.series < Self.mostSeries { state.gauges[series] = gauge }
            return gauge
        }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        histogram(label, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    // Series live as long as the program: a counter that goes away and comes back would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// All series as text, ordered by name.
    public func text() -> String {
        let (counters, gauges, histograms) = state.withLock { ($0.counters, $0.gauges, $0.histograms) }
        var lines: [String] = []
        Self.write(counters, type: "counter", to: &lines) { series, count, lines in
            lines.append("\(series.text(suffix: "")) \(count.value)")
        }
        Self.write(gauges, type: "gauge", to: &lines) { series, gauge, lines in
            lines.append("\(series.text(suffix: "")) \(Self.number(gauge.value))")
        }
        Self.write(histograms, type: "histogram", to: &lines) { series, histogram, lines in
            histogram.write(series, to: &lines)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func write<Value>(
        _ values: [Series: Value], type: String, to lines: inout [String],
        _ body: (Series, Value, inout [String]) -> Void
    ) {
        var last = ""
        for (series, value) in values.sorted(by: { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }) {
            if series.name != last { lines.append("# TYPE \(series.name) \(type)") }
            last = series.name
            body(series, value, &lines)
        }
    }

    /// A value as Prometheus reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private func count(_ label: String, _ dimensions: [(String, String)]) -> Count {
        state.withLock { state in
            let series = Self.series(label, dimensions)
            if let known = state.counters[series] { return known }
            let count = Count()
            if state.series < Self.mostSeries { state.counters[series] = count }
            return count
        }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
        state.withLock { state in
            let series = Self.series(label, dimensions)
            if let known = state.histograms[series] { return known }
            let histogram = Histogram()
            if state.series < Self.mostSeries { state.histograms[series] = histogram }
            return histogram
        }
    }

    private static func series(_ label: String, _ dimensions: [(String, String)]) -> Series {
        let name = label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" }
        let labels = dimensions.map { name, value in
            let escaped = value.flatMap { character -> [Character] in
                switch character {
                case "\\": ["\\", "\\"]
                case "\"": ["\\", "\""]
                case "\n": ["\\", "n"]
                default: [character]
                }
            }
            return "\(name)=\"\(String(escaped))\""
        }
        return Series(name: String(name), labels: labels.joined(separator: ","))
    }
}

extension MetricsRegistry.Series {
    /// The series' name with a suffix and one more label.
    func text(suffix: String, label: String? = nil) -> String {
        let all = [labels, label ?? ""].filter { !$0.isEmpty }.joined(separator: ",")
        return all.isEmpty ? name + suffix : "\(name)\(suffix){\(all)}"
    }
}
