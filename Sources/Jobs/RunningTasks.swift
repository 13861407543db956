import Catalog
import Synchronization

/// The tasks that this process works on, so that each can be ended by itself.
final class RunningTasks: Sendable {
    struct Key: Hashable {
        var job: JobID
        var name: String

        init(_ task: TaskRecord) {
            job = task.job
            name = task.name
        }
    }

    private struct Entry {
        var kind: TaskKind
        var isCanceled = false
        var stop: @Sendable () -> Void
    }

    private let entries = Mutex<[Key: Entry]>([:])
    /// Places for encoders that are taken besides those of encode tasks: by helpers, and for tasks that are being looked for.
    private let places = Mutex(0)

    var isEmpty: Bool { entries.withLock { $0.isEmpty } }

    func count(encoding: Bool) -> Int {
        entries.withLock { $0.values.count { ($0.kind == .encode) == encoding } }
    }

    /// Takes a place for an encoder besides those of tasks; false when all are taken.
    func takePlace(of capacity: Int) -> Bool {
        let tasks = count(encoding: true)
        return places.withLock { places in
            guard tasks + places < capacity else { return false }
            places += 1
            return true
        }
    }

    func givePlaceBack() { places.withLock { $0 -= 1 } }

    func add(_ task: TaskRecord, stop: @escaping @Sendable () -> Void) {
        entries.withLock { $0[Key(task)] = Entry(kind: task.kind, stop: stop) }
    }

    func remove(_ task: TaskRecord) {
        entries.withLock { $0[Key(task)] = nil }
    }

    /// Ends a task because its job ends.
    func cancel(_ task: TaskRecord) {
        let stop = entries.withLock { entries in
            entries[Key(task)]?.isCanceled = true
            return entries[Key(task)]?.stop
        }
        stop?()
    }

    /// Whether a task was ended because its job ends, and not because this process stops.
    func isCanceled(_ task: TaskRecord) -> Bool {
        entries.withLock { $0[Key(task)]?.isCanceled ?? false }
    }

    func stopAll() {
        for stop in entries.withLock({ $0.values.map(\.stop) }) { stop() }
    }
}
