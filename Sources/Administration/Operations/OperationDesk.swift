import Backups
public import Foundation
import Synchronization

/// The operations of this process: what is under way, and the last ones that ended. Nothing of them is stored: what an
/// operation did is in the catalog, the audit log and the files that it wrote, and a process that ends takes its
/// operations with it.
public final class OperationDesk: Sendable {
    /// Ended ones that are remembered, besides the last one of each kind that ended.
    static let remembered = 32

    /// An operation as the desk knows it.
    struct Entry: Sendable {
        var report: OperationReport
        /// Counts its changes up.
        var revision: Int64 = 1
        /// What its work counts; see `OperationProgress`.
        var done: UInt64 = 0
        var total: UInt64 = 0
        /// Why it ended in error.
        var failure: (any Error)?
        /// Somebody asked it to end, and it has not yet.
        fileprivate var isBeingCanceled: Bool { report.canceling == true }
        /// Counts up in the order in which they end; 0 until it has.
        fileprivate var endNumber = 0
        fileprivate var task: Task<Void, Never>?
    }

    /// In the order in which they began.
    private let entries = Mutex<[Entry]>([])
    /// Set once the process ends, before what is under way is canceled: nothing begins any more.
    private let isClosed = Atomic(false)
    private let now: @Sendable () -> Date

    public init(now: @escaping @Sendable () -> Date = { Date() }) {
        self.now = now
    }

    /// Begins an operation, or gives the one that is under way where those who ask for a kind share it.
    ///
    /// - Throws: `OperatorError` with `conflict` while as many as may be are under way, or one that would be shared is being
    ///   canceled; with `unavailable` once the process ends.
    func begin(_ order: OperationOrder, actor: String) throws -> Entry {
        try entries.withLock { entries in
            guard !isClosed.load(ordering: .sequentiallyConsistent) else {
                throw OperatorError(.unavailable, "this server is ending: ask again once it was started again")
            }
            let running = entries.filter { $0.report.kind == order.kind && $0.report.state == .running }
            if order.kind.isJoined, let first = running.first(where: { !$0.isBeingCanceled }) { return first }
            guard running.count < order.kind.maximumRunning else { throw Self.refusal(order.kind, running) }
            var entry = Entry(
                report: OperationReport(
                    id: order.id, kind: order.kind, subject: order.subject, actor: actor, state: .running, progress: 0,
                    begun: now()))
            entry.task = Task { await self.run(order) }
            entries.append(entry)
            Self.forget(&entries)
            return entry
        }
    }

    private static func refusal(_ kind: OperationKind, _ running: [Entry]) -> OperatorError {
        let names = running.map { entry in
            entry.report.subject.map { "\(entry.report.id) ('\($0)')" } ?? entry.report.id
        }
        if let ending = running.first(where: \.isBeingCanceled) {
            return OperatorError(
                .conflict,
                "the operation \(ending.report.id) of kind \(kind.rawValue) is being canceled: ask again in a moment")
        }
        return OperatorError(
            .conflict,
            "as many operations of kind \(kind.rawValue) are under way as may be, \(names.joined(separator: ", ")): wait "
                + "until one has ended, or cancel it")
    }

    /// Removes the oldest ones that ended, but the last one of each kind that ended.
    private static func forget(_ entries: inout [Entry]) {
        let ended = entries.filter(\.report.state.isFinal).sorted { $0.endNumber < $1.endNumber }
        let last = Set(
            OperationKind.allCases.compactMap { kind in ended.last { $0.report.kind == kind }?.report.id })
        let others = ended.map(\.report.id).filter { !last.contains($0) }
        let forgotten = Set(others.dropLast(remembered))
        entries.removeAll { forgotten.contains($0.report.id) }
    }

    private func run(_ order: OperationOrder) async {
        do {
            let result = try await order.work { done, total in self.note(order.id, done, total) }
            end(order.id) { entry in
                entry.report.state = .finished
                entry.report.progress = 1
                entry.report.result = result
            }
        } catch {
            // What is made of a cancellation on its way here is another error.
            let isCanceled = Task.isCancelled
            end(order.id) { entry in
                entry.report.state = isCanceled ? .canceled : .error
                guard !isCanceled else { return }
                let meaning = OperatorError(meaning: error)
                entry.failure = error
                entry.report.errorCode = (meaning?.code ?? .failed).rawValue
                entry.report.error = meaning?.message ?? "\(error)"
            }
        }
    }

    private func note(_ id: String, _ done: UInt64, _ total: UInt64) {
        change(id) { entry, _ in
            (entry.done, entry.total) = (done, total)
            // All of it is done when it has ended.
            let fraction = total > 0 ? Double(min(done, total)) / Double(total) : 0
            let rounded = (fraction * 10_000).rounded(.down) / 10_000
            entry.report.progress = max(entry.report.progress, min(rounded, 0.9999))
        }
    }

    private func end(_ id: String, _ body: (inout Entry) -> Void) {
        let now = now()
        change(id) { entry, entries in
            body(&entry)
            entry.report.ended = now
            entry.task = nil
            entry.report.canceling = nil
            entry.endNumber = 1 + (entries.map(\.endNumber).max() ?? 0)
        }
        entries.withLock { Self.forget(&$0) }
    }

    /// - Parameter body: is given the entry, and all.
    private func change(_ id: String, _ body: (_ entry: inout Entry, _ entries: [Entry]) -> Void) {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.report.id == id }) else { return }
            var entry = entries[index]
            body(&entry, entries)
            entry.revision += 1
            entries[index] = entry
        }
    }

    func entry(_ id: String) -> Entry? {
        entries.withLock { entries in entries.first { $0.report.id == id } }
    }

    /// The last one of a kind; nil when this process has begun none.
    func latest(_ kind: OperationKind) -> Entry? {
        entries.withLock { entries in entries.last { $0.report.kind == kind } }
    }

    /// The newest first.
    var all: [OperationReport] { entries.withLock { $0.map(\.report) }.reversed() }

    /// Asks an operation to end; it has when its state says so.
    ///
    /// - Throws: `OperatorError` with `conflict` for one that has ended.
    func cancel(_ id: String) throws {
        guard cancelRunning(where: { $0.report.id == id }) else { throw Self.ended(id) }
    }

    /// - Throws: as `cancel`, for one that could not be canceled now.
    func checkIsRunning(_ id: String) throws {
        guard entry(id)?.report.state == .running else { throw Self.ended(id) }
    }

    private static func ended(_ id: String) -> OperatorError {
        OperatorError(.conflict, "the operation \(id) has ended: it cannot be canceled")
    }

    /// Asks all to end that are under way, and begins nothing more: for a process that ends, so that it does not wait for
    /// whoever waits for one of them.
    public func cancelAll() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        cancelRunning { _ in true }
    }

    /// - Returns: false when there was none.
    @discardableResult
    private func cancelRunning(where isMeant: (Entry) -> Bool) -> Bool {
        let tasks = entries.withLock { entries in
            entries.indices.filter { entries[$0].report.state == .running && isMeant(entries[$0]) }.map { index in
                entries[index].report.canceling = true
                entries[index].revision += 1
                return entries[index].task
            }
        }
        // Outside of the lock: what is told of a cancellation may ask the desk.
        for task in tasks { task?.cancel() }
        return !tasks.isEmpty
    }

    /// Waits for the end of an operation. Who stops waiting cancels it.
    func waitForEnd(of entry: Entry) async throws -> Entry {
        await withTaskCancellationHandler {
            await entry.task?.value
        } onCancel: {
            cancelRunning { $0.report.id == entry.report.id }
        }
        try Task.checkCancellation()
        return self.entry(entry.report.id) ?? entry
    }

    /// An operation without what came of it, and the number of its last change; nil for one that is not known.
    public func look(at id: String) -> (report: OperationReport, revision: Int64)? {
        entry(id).map { ($0.report.outline, $0.revision) }
    }
}
