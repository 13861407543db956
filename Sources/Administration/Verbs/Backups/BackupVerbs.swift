import Catalog
import Foundation

/// Starts a backup of the server's data folder into the folder of backups that its configuration names.
public struct TakeBackup: LongVerb {
    public var name: String
    public var media: Bool?
    public var base: String?

    public static let kind = OperationKind.backup

    public init(name: String, media: Bool? = nil, base: String? = nil) {
        self.name = name
        self.media = media
        self.base = base
    }

    public func run(in context: OperatorContext) async throws -> BackupProgress {
        BackupProgress(try context.operations.begin(order(in: context), actor: context.actor))
    }

    public func order(in context: OperatorContext) throws -> OperationOrder {
        for name in [name, base].compactMap({ $0 }) where !AssetRecord.isName(name) {
            throw OperatorError(.invalid, "\(name.quoted) cannot name a backup: letters, digits, '.', '_', '-'")
        }
        guard base == nil || media == true else {
            throw OperatorError(.invalid, "an earlier backup is linked from where media is copied, too")
        }
        let make = try context.backupMaker()
        let id = UUID().uuidString.lowercased()
        let order = BackupOrder(name: name, media: media ?? false, base: base, id: id, actor: context.actor)
        return OperationOrder(Self.kind, of: name, id: id) { progress in
            let outcome = try await make(order) { progress(UInt64(clamping: $0), UInt64(clamping: $1)) }
            return OperationResult(backup: BackupResult(outcome))
        }
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
        let named = id.flatMap { context.operations.entry($0) }
        let known = named?.report.kind == .backup ? named : context.operations.latest(.backup)
        let progress = known.map(BackupProgress.init) ?? BackupProgress(state: .idle)
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
    fileprivate func backupMaker() throws -> BackupMaker {
        guard let backups else {
            throw OperatorError(
                .notPermitted,
                "this server takes no backups: 'backups.folder' of its configuration names the folder that they go to")
        }
        return backups
    }
}
