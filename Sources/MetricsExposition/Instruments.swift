import CoreMetrics
import Synchronization

/// A number that only grows.
final class Count: CounterHandler, FloatingPointCounterHandler {
    private let total = Atomic<Int64>(0)
    /// Parts of one that floating-point increments left.
    private let rest = Mutex(0.0)

    var value: Int64 { total.load(ordering: .relaxed) }

    func increment(by amount: Int64) {
        total.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount.isFinite, amount >= 0, amount < 1e15 else { return }
        let whole = rest.withLock { rest -> Int64 in
            rest += amount
            let whole = rest.rounded(.down)
            rest -= whole
            return Int64(whole)
        }
        increment(by: whole)
    }

    // A counter never goes back: Prometheus would take it for a restart.
    func reset() {}
}

/// A number that goes up and down.
final class Gauge: MeterHandler {
    private let state = Mutex(0.0)

    var value: Double { state.withLock { $0 } }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0 = value } }
    func increment(by amount: Double) { state.withLock { $0 += amount } }
    func decrement(by amount: Double) { state.withLock { $0 -= amount } }
}

/// How often values lay below fixed bounds.
final class Histogram: RecorderHandler, TimerHandler {
    /// In seconds for times: 10 µs to 10 s in steps of about two.
    static let bounds: [Double] = [
        0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5, 10,
    ]

    private struct State {
        var counts = [Int](repeating: 0, count: Histogram.bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let place = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func preferDisplayUnit(_ unit: TimeUnit) {}

    func write(_ series: MetricsRegistry.Series, to lines: inout [String]) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total = 0
        for (bound, count) in zip(Self.bounds.map(MetricsRegistry.number) + ["+Inf"], counts) {
            total += count
            lines.append("\(series.text(suffix: "_bucket", label: "le=\"\(bound)\"")) \(total)")
        }
        lines.append("\(series.text(suffix: "_sum")) \(MetricsRegistry.number(sum))")
        lines.append("\(series.text(suffix: "_count")) \(total)")
    }
}
