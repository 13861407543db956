import Catalog
import Glibc
import MediaStorage
import Settings

/// The storage accounts: whether each can be used, and whether all that hold something are configured.
struct StorageExamination {
    private static let check = "storage"
    /// Less than this part of the disk free is too little.
    private static let leastFree = 0.05

    let catalog: any CatalogEngine
    let accounts: [StorageAccountSettings]

    /// The folders of accounts that can be used, besides the default one.
    struct Outcome {
        var findings: [Finding]
        var folders: [String: String]
    }

    func run() async throws -> Outcome {
        var outcome = Outcome(findings: [], folders: [:])
        let known = try await catalog.storageAccounts()
        for account in accounts {
            guard let folder = account.folder else { continue }
            let identity = known.first { $0.name == account.name }?.identity
            guard identity != nil else {
                outcome.findings.append(
                    .warning(
                        Self.check, "storage account '\(account.name)' is not set up yet",
                        "start a server or run a verb with this configuration: the folder '\(folder)' must be empty"))
                continue
            }
            let mark = StorageAccountMark(name: account.name, identity: identity)
            let storage = FileSystemMediaStorage(root: folder, mark: mark)
            do {
                try storage.examine()
                outcome.folders[account.name] = folder
                outcome.findings += room(in: storage, account)
            } catch let error as MediaStorageError {
                outcome.findings.append(
                    .error(
                        Self.check, error.reason, "mount it: what lies there answers 503 until then, and nothing else"))
            }
        }
        let configured = accounts.filter { $0.folder != nil }.map(\.name)
        let forgotten = try await catalog.storageUse().compactMap(\.account).filter { !configured.contains($0) }
        outcome.findings += Finding.listed(
            Self.check, .error,
            ("storage account holds media and is not configured", "storage accounts hold media and are not configured"),
            forgotten,
            "name them and their folders under storage.accounts")
        if outcome.findings.isEmpty, !outcome.folders.isEmpty {
            outcome.findings = [
                .ok(
                    Self.check,
                    CountText.text(outcome.folders.count, "more storage account is", "more storage accounts are")
                        + " there")
            ]
        }
        return outcome
    }

    private func room(in storage: FileSystemMediaStorage, _ account: StorageAccountSettings) -> [Finding] {
        guard account.weight > 0, let capacity = try? storage.capacity(), capacity.total > 0,
            Double(capacity.free) < Self.leastFree * Double(capacity.total)
        else { return [] }
        return [
            .warning(
                Self.check, "storage account '\(account.name)' has \(capacity.free >> 20) MiB free",
                "make room, or give it weight 0 so that nothing new goes there")
        ]
    }
}
