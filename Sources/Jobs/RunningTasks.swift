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
        /// Nil until somebody works on it.
        var stop: (@Sendable () -> Void)?
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// For encoders that are taken besides those of tasks that need one: by helpers, and for tasks that are being looked for.
        var places = 0

        func count(encoding: Bool) -> Int { entries.values.count { $0.kind.needsEncoder == encoding } }
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    func count(encoding: Bool) -> Int { state.withLock { $0.count(encoding: encoding) } }

    /// Takes a place for an encoder besides those of tasks; false when all are taken.
    func takePlace(of capacity: Int) -> Bool {
        state.withLock { state in
            guard state.count(encoding: true) + state.places < capacity else { return false }
            state.places += 1
            return true
        }
    }

    func givePlaceBack() { state.withLock { $0.places -= 1 } }

    /// To be said before the work begins: what is removed before it was added would stay.
    func add(_ task: TaskRecord) {
        state.withLock { $0.entries[Key(task)] = Entry(kind: task.kind) }
    }

    /// How the work is stopped; it may have ended already.
    func began(_ task: TaskRecord, stop: @escaping @Sendable () -> Void) {
        let isCanceled = state.withLock { state in
            state.entries[Key(task)]?.stop = stop
            return state.entries[Key(task)]?.isCanceled ?? false
        }
        if isCanceled { stop() }
    }

    func remove(_ task: TaskRecord) {
        state.withLock { $0.entries[Key(task)] = nil }
    }

    /// Ends a task because its job ends.
    func cancel(_ task: TaskRecord) {
        let stop = state.withLock { state in
            state.entries[Key(task)]?.isCanceled = true
            return state.entries[Key(task)]?.stop
        }
        stop?()
    }

    /// Whether a task was ended because its job ends, and not because this process stops.
    func isCanceled(_ task: TaskRecord) -> Bool {
        state.withLock { $0.entries[Key(task)]?.isCanceled ?? false }
    }

    func stopAll() {
        for stop in state.withLock({ $0.entries.values.compactMap(\.stop) }) { stop() }
    }
}
