import Catalog
import EncoderProtocol

/// Writes a job's progress to the catalog, at most twice a second.
actor ProgressRecorder {
    private var job: JobRecord
    private let catalog: any CatalogEngine
    private var last: ContinuousClock.Instant?

    init(job: JobRecord, catalog: any CatalogEngine) {
        self.job = job
        self.catalog = catalog
    }

    func record(_ event: EncoderEvent) async throws {
        guard case .progress(let fraction, _, _) = event, fraction.isFinite else { return }
        let now = ContinuousClock.now
        if let last, now - last < .milliseconds(500) { return }
        last = now
        job.progress = min(max(fraction, 0), 1)
        try await catalog.apply([.updateJob(job)])
    }
}
