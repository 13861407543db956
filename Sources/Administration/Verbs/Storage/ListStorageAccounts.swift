import AssetFiles
import Catalog
import MediaStorage

/// Lists the storage accounts: how they are, and what lies in them. The default account comes first.
public struct ListStorageAccounts: OperatorVerb {
    public init() {}

    /// How an account is.
    public enum State: String, Codable, Sendable, CaseIterable {
        case ready
        /// Its weight is 0: what is there is used, and nothing new goes there.
        case drained
        /// What lies there cannot be used now.
        case unavailable
        /// Something lies there, and the configuration does not name it.
        case unconfigured
    }

    public struct Account: Codable, Sendable {
        public var name: String
        public var state: State
        public var weight: Int
        /// The folder.
        public var place: String?
        /// Why it cannot be used.
        public var problem: String?
        /// Of the disk, in bytes.
        public var total: UInt64?
        public var free: UInt64?
        public var versions: Int
        public var originals: Int
        /// Of what lies there, in bytes.
        public var size: UInt64
    }

    public struct Report: Codable, Sendable {
        public var accounts: [Account]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let storage = try context.storedAssets().storage
        let states = try await DiskLook.run { storage.accountStates() }
        let uses = try await context.catalog.storageUse()
        let others = uses.filter { use in !states.contains { $0.account == use.account } }
        return Report(
            accounts: states.map { state in Account(state, uses.first { $0.account == state.account }) }
                + others.map { use in
                    Account(
                        name: StorageAccounts.text(use.account), state: .unconfigured, weight: 0,
                        problem:
                            "storage account '\(StorageAccounts.text(use.account))' is not among storage.accounts of the "
                            + "configuration", versions: use.versions,
                        originals: use.originals, size: use.size)
                })
    }
}

extension ListStorageAccounts.Account {
    fileprivate init(_ state: StorageAccountState, _ use: StorageAccountUse?) {
        self.init(
            name: StorageAccounts.text(state.account),
            state: state.problem != nil ? .unavailable : state.weight == 0 ? .drained : .ready, weight: state.weight,
            place: state.place, problem: state.problem, total: state.capacity?.total, free: state.capacity?.free,
            versions: use?.versions ?? 0, originals: use?.originals ?? 0, size: use?.size ?? 0)
    }
}
