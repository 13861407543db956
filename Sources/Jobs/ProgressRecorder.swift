import Catalog
import EncoderProtocol

/// Writes a task's progress to the catalog, at most twice a second.
actor ProgressRecorder {
    private var task: TaskRecord
    private let catalog: any CatalogEngine
    private var last: ContinuousClock.Instant?

    init(task: TaskRecord, catalog: any CatalogEngine) {
        self.task = task
        self.catalog = catalog
    }

    /// - Throws: `CatalogError` when the task is no longer this worker's. That a number could not be written ends no work.
    func record(_ event: EncoderEvent) async throws {
        guard case .progress(let fraction, _, _) = event, fraction.isFinite else { return }
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(500) { return }
        last = now
        task.progress = min(max(fraction, 0), 1)
        do {
            try await catalog.apply([.pipeline(.updateTask(task))])
        } catch let error as CatalogError where error.code == .unavailable {
            return
        }
    }
}
