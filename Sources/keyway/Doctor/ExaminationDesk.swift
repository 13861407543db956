import Adapters
import Administration
import AssetFiles
import Diagnosis
import Synchronization

/// Examines the machine of a server for operators, one at a time: who asks meanwhile is refused, since each look reads through
/// catalog and folders.
final class ExaminationDesk: Sendable {
    private let dataFolder: String
    private let configuration: ServiceConfiguration
    private let isBusy = Mutex(false)

    /// - Parameter configuration: that the server runs with.
    init(dataFolder: String, configuration: ServiceConfiguration) {
        self.dataFolder = dataFolder
        self.configuration = configuration
    }

    @Sendable func diagnose(_ order: Diagnose) async throws -> Diagnose.Report {
        let isFirst = isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFirst else {
            throw OperatorError(.conflict, "the server examines itself for somebody else: ask again in a moment")
        }
        defer { isBusy.withLock { $0 = false } }
        let examination = Examination(
            dataFolder: dataFolder, encoder: Installation.encoderPath, asksServers: order.network ?? false,
            auditRecords: order.auditRecords ?? Diagnose.defaultAuditRecords)
        // It asks this server's own listeners, which others answer meanwhile.
        let findings = try await LongDiskWork.run { await examination.run(.success(configuration)) }
        return Diagnose.Report(dataFolder: dataFolder, findings)
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
