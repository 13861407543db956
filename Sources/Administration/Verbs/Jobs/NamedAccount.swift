import AssetFiles
public import MediaStorage

/// The storage account that an operator names for what a job makes.
public enum NamedAccount {
    /// An account that is away will be back, and is waited for. One that nobody configured, or that is drained, takes nothing
    /// before the configuration says otherwise.
    ///
    /// - Parameter account: as operators call it; nil for none.
    /// - Throws: `OperatorError`.
    public static func check(_ account: String?, in storage: any MediaStorage) async throws {
        guard let account else { return }
        let name = StorageAccounts.account(named: account)
        guard storage.accountNames.contains(name) else {
            throw OperatorError(
                .invalid,
                "there is no storage account \(account.quoted) among storage.accounts of the configuration; "
                    + "'keyway storage list' shows all")
        }
        let state = try await DiskLook.run { storage.accountStates().first { $0.account == name } }
        guard state?.weight != 0 else {
            throw OperatorError(
                .invalid,
                "storage account '\(account)' is drained (weight 0): nothing new goes there; name another one, or give it a "
                    + "weight in storage.accounts")
        }
    }
}
