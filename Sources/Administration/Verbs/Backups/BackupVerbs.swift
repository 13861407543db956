import Catalog
import Foundation

/// Starts a backup of the server's data folder into the folder of backups that its configuration names.
public struct TakeBackup: OperatorVerb {
    public var name: String
    public var media: Bool?
    public var base: String?

    public init(name: String, media: Bool? = nil, base: String? = nil) {
        self.name = name
        self.media = media
        self.base = base
    }

    public func run(in context: OperatorContext) async throws -> BackupProgress {
        for name in [name, base].compactMap({ $0 }) where !AssetRecord.isName(name) {
            throw OperatorError(.invalid, "\(name.quoted) cannot name a backup: letters, digits, '.', '_', '-'")
        }
        guard base == nil || media == true else {
            throw OperatorError(.invalid, "an earlier backup is linked from where media is copied, too")
        }
        return try context.backupDesk().start(
            BackupOrder(
                name: name, media: media ?? false, base: base, id: UUID().uuidString.lowercased(), actor: context.actor)
        )
    }
}

/// Shows how far a backup is.
public struct ShowBackup: OperatorVerb {
    /// Of its making; nil for the last one.
    public var id: String?

    public init(id: String? = nil) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> BackupProgress {
        let progress = context.backups?.current() ?? BackupProgress(state: .idle)
        guard id == nil || id == progress.id else {
            throw OperatorError(
                .missing,
                "this server makes no backup \(id?.quoted ?? "") and has not ended it last: it was started again since, or "
                    + "took another one")
        }
        return progress
    }
}

extension OperatorContext {
    /// - Throws: `OperatorError` where there is no folder for backups.
    fileprivate func backupDesk() throws -> BackupDesk {
        guard let backups else {
            throw OperatorError(
                .notPermitted,
                "this server takes no backups: 'backups.folder' of its configuration names the folder that they go to")
        }
        return backups
    }
}
