import Adapters
import Administration
import AssetFiles
import Diagnosis
import ServiceLifecycle
import Synchronization

/// Examines the machine of a server for operators, one at a time: who asks meanwhile is refused, since each look reads through
/// catalog and folders. A server that ends cancels what it does, which whoever asked would have it wait for.
final class ExaminationDesk: Service {
    private let dataFolder: String
    private let configuration: ServiceConfiguration
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        /// The one that is under way.
        var examination: Task<[Finding], any Error>?
    }

    /// - Parameter configuration: that the server runs with.
    init(dataFolder: String, configuration: ServiceConfiguration) {
        self.dataFolder = dataFolder
        self.configuration = configuration
    }

    @Sendable func diagnose(_ order: Diagnose) async throws -> Diagnose.Report {
        let examination = Examination(
            dataFolder: dataFolder, encoder: Installation.encoderPath, asksServers: order.network ?? false,
            auditRecords: order.auditRecords ?? Diagnose.defaultAuditRecords)
        let task = try state.withLock { state in
            guard !state.isClosed else { throw Self.ending }
            guard state.examination == nil else {
                throw OperatorError(.conflict, "the server examines itself for somebody else: ask again in a moment")
            }
            let task = Task { [configuration] in
                // It asks this server's own listeners, which others answer meanwhile.
                let findings = try await LongDiskWork.run { await examination.run(.success(configuration)) }
                // Not all was looked at.
                try Task.checkCancellation()
                return findings
            }
            state.examination = task
            return task
        }
        defer { state.withLock { $0.examination = nil } }
        let findings: [Finding]
        do {
            findings = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch is CancellationError {
            throw Self.ending
        }
        return Diagnose.Report(dataFolder: dataFolder, findings)
    }

    private static var ending: OperatorError {
        OperatorError(.unavailable, "this server is ending: ask again once it was started again")
    }

    /// Waits until the server ends.
    func run() async throws {
        try? await gracefulShutdown()
        let task = state.withLock { state in
            state.isClosed = true
            return state.examination
        }
        task?.cancel()
    }
}

extension Diagnose.Report {
    init(dataFolder: String, _ findings: [Finding]) {
        self.init(
            dataFolder: dataFolder, state: (findings.map(\.state).max() ?? .ok).rawValue,
            findings: findings.map {
                Diagnose.Finding(check: $0.check, state: $0.state.rawValue, text: $0.text, action: $0.action)
            })
    }
}
