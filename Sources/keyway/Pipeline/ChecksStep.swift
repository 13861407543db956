import AssetFiles
import Catalog
import ContentChecks
import EncoderProtocol
import Foundation
import Jobs

/// Puts the inputs of a job to the checks that originals must pass. An original that a job may use has passed them.
struct ChecksStep {
    /// Nil where it is not known what is configured: another worker does it.
    let checks: [any IngestCheck]?
    let catalog: any QuarantineCatalog
    /// A server does the tasks whose checks it does not know, too: it is the only worker, and the task says what it waits for.
    /// A command leaves them to a server.
    let isServer: Bool

    /// Whether this program does such tasks.
    ///
    /// - Throws: `CatalogError`.
    func canRun() async throws -> Bool {
        guard let checks else { return false }
        guard !isServer else { return true }
        do {
            try await catalog.requireChecks(among: checks.map(\.name))
            return true
        } catch is CheckObstacle {
            return false
        }
    }

    /// - Throws: `JobFailure`: there is no review of a file that is no original.
    func run(_ job: JobRecord) async throws -> TaskOutcome {
        guard let checks else {
            throw JobFailure(.checkUnavailable, "this command knows nothing of the checks that are configured")
        }
        do {
            try await catalog.requireChecks(among: checks.map(\.name))
        } catch let obstacle as CheckObstacle {
            throw JobFailure(.checkUnavailable, obstacle.description)
        }
        var result: [String: String] = [:]
        for (number, text) in job.inputs.enumerated() {
            guard let input = UploadInput(text: text) else {
                throw JobFailure(.inputRefused, "input \(number + 1) cannot be read")
            }
            let place = job.inputs.count > 1 ? "\(number + 1)." : ""
            if OriginalReference(input.path) != nil {
                result["\(place)checks"] = "passed in quarantine"
                continue
            }
            let name = URL(fileURLWithPath: input.path).lastPathComponent
            let content = CheckedContent(name: name, content: try FileContent(path: input.path))
            for check in checks {
                guard let verdict = try await self.verdict(check, content) else { continue }
                let reasons = verdict.reasons.joined(separator: "; ")
                guard verdict.outcome <= .warned else {
                    throw JobFailure(
                        .inputRefused,
                        "\(check.name): \(reasons)"
                            + (verdict.outcome == .flagged
                                ? "; somebody must decide: send it as an original ('keyway asset file add')" : ""))
                }
                result[place + check.name] = reasons.isEmpty ? verdict.outcome.rawValue : reasons
            }
        }
        // Another program may have come to require a check since this one looked.
        return TaskOutcome(result: result, changes: [.require(.requiredChecks(among: checks.map(\.name)))])
    }

    private func verdict(_ check: any IngestCheck, _ content: CheckedContent) async throws -> IngestVerdict? {
        do {
            return try await check.verdict(on: content)
        } catch let obstacle as CheckObstacle {
            throw JobFailure(.checkUnavailable, "\(check.name): \(obstacle.description)")
        }
    }
}
