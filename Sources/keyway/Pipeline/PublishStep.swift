import Administration
import Catalog
import Foundation
import Jobs
import Policies

/// Makes a job's version the one that is served, and a locator for it where there is none: in one transaction with the
/// task's end, so that it happens once.
struct PublishStep: Sendable {
    let catalog: any CatalogEngine
    let publication: Publication

    /// - Throws: `JobFailure`, `CatalogError`.
    func run(_ input: StepInput) async throws -> TaskOutcome {
        do {
            return try await outcome(input, at: Date())
        } catch let error as PublicationError {
            throw JobFailure(.publishRefused, error.description)
        }
    }

    private func outcome(_ input: StepInput, at now: Date) async throws -> TaskOutcome {
        let version = input.version
        try await requirePublishable(version)
        try await requireNoWithdrawal(input)
        // Keys that were given out since the version was made; what is there already stays.
        let numbers = try await publication.allocateNumbersForNewVersion(version)
        if !numbers.isEmpty { try await catalog.apply(numbers) }
        var outcome = TaskOutcome(
            result: ["version": "\(version.number)"],
            changes: [.setCurrentVersion(asset: version.asset, number: version.number), .audit(event(input, now))])
        guard let policies = input.task.options.deliveryPolicies else {
            outcome.changes += try await warnings(input, at: now)
            return outcome
        }
        if let locator = try await openLocator(version.asset, policies, at: now) {
            outcome.result["locator"] = locator.id.description
            outcome.changes += try await warnings(input, at: now)
            return outcome
        }
        let prepared = try await publication.prepare(
            PublicationRequest(
                asset: version.asset, authorizationPolicy: input.task.options.authorizationPolicy,
                deliveryPolicies: policies, accessPolicy: input.task.options.accessPolicy), version: version, at: now)
        outcome.changes += prepared.changes
        outcome.result["locator"] = prepared.published.locator.id.description
        outcome.changes += try await warnings(input, at: now, besides: prepared.published.deliveryPolicies)
        return outcome
    }

    /// What says with the job that nobody will see pictures that were made to be seen.
    private func warnings(
        _ input: StepInput, at now: Date, besides policies: [DeliveryPolicy] = []
    ) async throws -> [CatalogChange] {
        let held = try await catalog.heldBackPictures(of: input.version, at: now, besides: policies)
        guard let held, !input.job.warnings.contains(held) else { return [] }
        return [
            .pipeline(.setOutput(input.job.id, version: input.version.number, warnings: input.job.warnings + [held]))
        ]
    }

    private func requirePublishable(_ version: AssetVersionRecord) async throws {
        guard let asset = try await catalog.asset(named: version.asset) else {
            throw JobFailure(.publishRefused, "asset '\(version.asset)' is gone")
        }
        guard asset.takedown == nil else {
            throw JobFailure(
                .publishRefused,
                "asset '\(asset.name)' was taken down: 'keyway asset restore \(asset.name)' puts it up again")
        }
        if let current = asset.currentVersion, current > version.number {
            throw JobFailure(
                .publishRefused,
                "asset '\(asset.name)' is at version \(current) already; 'keyway asset rollback \(asset.name) --to "
                    + "\(version.number)' goes back")
        }
    }

    /// A version that has pictures added is the film of the version before: where that was withdrawn meanwhile, it is not to come
    /// back.
    private func requireNoWithdrawal(_ input: StepInput) async throws {
        let tasks = try await catalog.tasks(of: input.job.id)
        guard !tasks.contains(where: { $0.kind == .encode }),
            let source = input.results.values.compactMap({ $0["from"].flatMap(Int.init) }).min(),
            let current = try await catalog.asset(named: input.version.asset)?.currentVersion,
            current != source, current != input.version.number
        else { return }
        throw JobFailure(
            .publishRefused,
            "asset '\(input.version.asset)' is at version \(current) now, and version \(input.version.number) is version "
                + "\(source) with pictures: begin a job for the version that is served")
    }

    /// A locator that lets the asset out under just these policies, and goes on to.
    private func openLocator(_ asset: String, _ policies: [String], at now: Date) async throws -> Locator? {
        try await catalog.locators(asset: asset).filter {
            $0.kind == .streaming && !$0.isRevoked && $0.start <= now && $0.end > now && $0.filters.isEmpty
                && $0.deliveryPolicies == policies
        }.max { $0.end < $1.end }
    }

    private func event(_ input: StepInput, _ now: Date) -> AuditEvent {
        var event = AuditEvent(time: now, action: .assetPublished)
        event.actor = "worker"
        event.policy = input.task.options.authorizationPolicy
        event.detail = "asset \(input.version.asset), version \(input.version.number), job \(input.job.id)"
        return event
    }
}
