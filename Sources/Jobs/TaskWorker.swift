import Catalog
import EncoderProtocol
import Foundation

/// Does one task of a job, whatever its kind, up to what it comes to.
struct TaskWorker: Sendable {
    let encoding: EncodingWorker
    let steps: PipelineSteps

    private var catalog: any CatalogEngine { encoding.environment.catalog }

    /// - Throws: what `JobFailure(meaning:)` knows the meaning of, `CancellationError`.
    func perform(
        _ taken: TakenTask, _ spare: SpareEncoders, _ onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> TaskOutcome {
        switch taken.task.kind {
        case .probe:
            try await requireChecks(taken)
            return try await encoding.probe(taken.job)
        case .checks: return try await steps.check(taken.job)
        case .encode:
            try await requireChecks(taken)
            return try await encoding.encode(taken, isPublished: isPublishedAtOnce(taken), spare, onEvent)
        case .thumbnails:
            return try await encoding.addStills(taken, isPublished: isPublishedAtOnce(taken), onEvent)
        case .verify: return try await steps.verify(input(of: taken))
        case .publish: return try await steps.publish(input(of: taken))
        case .package: return try await (steps.package ?? PipelineSteps.unavailable)(input(of: taken))
        case .prewarm: return try await steps.prewarm(input(of: taken))
        case .notify: return try await notify(taken)
        }
    }

    /// What came to be required after the job was submitted holds for it, too.
    private func requireChecks(_ taken: TakenTask) async throws {
        guard taken.job.hasUncheckedInputs, try await catalog.requiresInputChecks() else { return }
        guard try await catalog.tasks(of: taken.job.id).havePassedChecks(before: taken.task) else {
            throw JobFailure(
                .inputRefused,
                "files that jobs name are put to the checks here (checks.inputs), and this job was submitted before: submit "
                    + "it again")
        }
    }

    /// Whether no task of the job publishes what is made.
    private func isPublishedAtOnce(_ taken: TakenTask) async throws -> Bool {
        try await !catalog.tasks(of: taken.job.id).contains { $0.kind == .publish }
    }

    private func input(of taken: TakenTask) async throws -> StepInput {
        guard let number = taken.job.version,
            let version = try await catalog.assetVersion(asset: taken.job.asset, number: number),
            // Of an asset that was made anew under the name, a version of the number is another film.
            version.job == taken.job.id
        else {
            throw JobFailure(
                .notConfigured, "the job has made no version of asset '\(taken.job.asset)', or it is gone")
        }
        var results: [String: [String: String]] = [:]
        for task in try await catalog.tasks(of: taken.job.id) where task.state == .finished {
            results[task.name] = task.result
        }
        return StepInput(job: taken.job, task: taken.task, version: version, results: results)
    }

    /// The end of the task is the event that the endpoint is told of.
    private func notify(_ taken: TakenTask) async throws -> TaskOutcome {
        guard let name = taken.task.options.endpoint, try await catalog.notificationEndpoint(named: name) != nil else {
            throw JobFailure(
                .notConfigured, "there is no NotificationEndpoint '\(taken.task.options.endpoint ?? "")': apply one")
        }
        return TaskOutcome(result: ["endpoint": name])
    }
}
