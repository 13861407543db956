import CoreMetrics
import Synchronization

/// Keeps the last value of each meter; counts nothing.
final class RecordingMetrics: MetricsFactory {
    final class Figure: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
        private let last = Mutex<Int64?>(nil)
        var value: Int64? { last.withLock { $0 } }

        func increment(by: Int64) {}
        func reset() {}
        func set(_ value: Int64) { last.withLock { $0 = value } }
        func set(_ value: Double) { last.withLock { $0 = Int64(value) } }
        func increment(by: Double) {}
        func decrement(by: Double) {}
        func record(_ value: Int64) {}
        func record(_ value: Double) {}
        func recordNanoseconds(_ duration: Int64) {}
    }

    private let meters = Mutex<[String: Figure]>([:])

    subscript(label: String) -> Int64? { meters.withLock { $0[label] }?.value }

    private func meter(_ label: String) -> Figure {
        meters.withLock { meters in
            let meter = meters[label] ?? Figure()
            meters[label] = meter
            return meter
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { meter(label) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        meter(label)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { meter(label) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { meter(label) }
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
