import Cryptography
public import Foundation

/// Where something new may go.
public enum StorageChoice: Sendable, Hashable {
    /// By weight.
    case any
    /// There while it takes something new, and by weight otherwise; nil for the default account.
    case preferred(String?)
    /// There or nowhere.
    case only(String?)
}

/// An account as it is configured.
public struct StorageAccount: Sendable {
    /// Nil for the default account.
    public var name: String?
    /// How much of what is new it takes, beside the weights of the others; 0 for nothing.
    public var weight: Int
    /// Where it is, for operators.
    public var place: String
    public var engine: any MediaStorage
    /// One at a time, whoever has this storage.
    let looks: DiskLooks

    /// - Parameter patience: with its disk.
    public init(
        name: String?, weight: Int, place: String, engine: any MediaStorage, patience: Duration = DiskLooks.patience
    ) {
        self.name = name
        self.weight = weight
        self.place = place
        self.engine = engine
        looks = DiskLooks("storage account '\(StorageAccounts.text(name))' in '\(place)'", patience: patience)
    }

    /// - Throws: `MediaStorageError`, with `unavailable` also when its disk hangs.
    fileprivate func examine() throws {
        try looks.runHere { [engine] in try engine.examine() }
    }

    /// Begins to look how it is.
    ///
    /// - Returns: waits for how much fits in, where that can be told.
    fileprivate func look() -> () throws -> StorageCapacity? {
        looks.begin { [engine] in try StorageAccountState.look(at: engine) }
    }
}

/// How an account is now.
public struct StorageAccountState: Sendable, Hashable {
    public var account: String?
    public var weight: Int
    public var place: String
    /// Why it cannot be used; nil when it can.
    public var problem: String?
    public var capacity: StorageCapacity?

    /// - Parameter look: what came of a look at it.
    init(account: String?, weight: Int, place: String, _ look: Result<StorageCapacity?, any Error>) {
        self.account = account
        self.weight = weight
        self.place = place
        do {
            capacity = try look.get()
        } catch {
            problem = (error as? MediaStorageError)?.reason ?? "\(error)"
        }
    }

    static func look(at engine: any MediaStorage) throws -> StorageCapacity? {
        try engine.examine()
        return try engine.capacity()
    }
}

/// Several accounts as one storage: each file is where its record says. What lies in an account that is away is
/// `unavailable`; the others go on, and it comes back by itself.
public struct StorageAccounts: MediaStorage {
    /// What operators call the account that has no name in records.
    public static let defaultName = "default"
    /// An account keeps so much for itself, in bytes.
    static let reserve: UInt64 = 64 << 20

    private let accounts: [StorageAccount]

    /// - Parameter accounts: with different names.
    public init(_ accounts: [StorageAccount]) {
        self.accounts = accounts
    }

    /// What operators call an account.
    public static func text(_ account: String?) -> String { account ?? defaultName }
    /// What records call an account that operators name.
    public static func account(named text: String) -> String? { text == defaultName ? nil : text }

    public func stage(in account: String?) throws -> any StagedVersion {
        try writing(account) { try $0.stage(in: account) }
    }

    public func share(
        _ file: StoredFile, with staged: any StagedVersion, as name: String, check: () throws -> Void
    ) throws {
        try reading(file.account) { try $0.share(file, with: staged, as: name, check: check) }
    }

    public func open(_ file: StoredFile) throws -> any MediaReader {
        try reading(file.account) { try $0.open(file) }
    }

    public func contents(of file: StoredFile, limit: Int) throws -> Data {
        try reading(file.account) { try $0.contents(of: file, limit: limit) }
    }

    public func removeLeftovers(
        in account: String?, isKnown: (_ asset: String, _ version: Int) -> Bool
    ) throws {
        try writing(account) { try $0.removeLeftovers(in: account, isKnown: isKnown) }
    }

    public func removeVersions(of asset: String) throws {
        try everywhere { try $0.engine.removeVersions(of: asset) }
    }

    public func removeVersions(of asset: String, in account: String?, isKnown: (_ version: Int) -> Bool) throws {
        try writing(account) { try $0.removeVersions(of: asset, in: account, isKnown: isKnown) }
    }

    public func append(toOriginal name: String, in account: String?) throws -> any OriginalWriter {
        try writing(account) { try $0.append(toOriginal: name, in: account) }
    }

    public func createTags(ofOriginal name: String, in account: String?) throws -> any MediaWriter {
        try writing(account) { try $0.createTags(ofOriginal: name, in: account) }
    }

    public func size(ofOriginal name: String, in account: String?) throws -> UInt64 {
        // An original that is not there has no bytes; one whose account is away has some.
        try writing(account) { try $0.size(ofOriginal: name, in: account) }
    }

    public func removeOriginal(_ name: String, in account: String?) throws {
        try writing(account) { try $0.removeOriginal(name, in: account) }
    }

    public func originals() throws -> [StoredFile] {
        var files: [StoredFile] = []
        try everywhere { account in
            files += try account.engine.originals().map { StoredFile(original: $0.name, account: account.name) }
        }
        return files
    }

    public func examine() throws {
        for account in accounts { try account.examine() }
    }

    public func capacity() throws -> StorageCapacity? { nil }

    public var accountNames: [String?] { accounts.map(\.name) }

    public func accountStates() -> [StorageAccountState] {
        // All are looked at before one is waited for.
        accounts.map { ($0, $0.look()) }.map { account, look in
            StorageAccountState(
                account: account.name, weight: account.weight, place: account.place, Result { try look() })
        }
    }

    public func looks(in account: String?) -> DiskLooks {
        // Work on an account that there is not is refused at once.
        (try? known(account))?.looks ?? DiskLooks("storage account '\(Self.text(account))'")
    }

    public func place(_ asset: String, _ choice: StorageChoice, size: UInt64) throws -> String? {
        switch choice {
        case .only(let name):
            let account = try known(name)
            if let reason = refusal(account, size, account.look()) { throw MediaStorageError(.unavailable, reason) }
            return name
        case .preferred(let name):
            if let account = try? known(name), refusal(account, size, account.look()) == nil { return name }
        case .any: break
        }
        // All are looked at before one is waited for.
        let reasons = accounts.map { ($0, $0.look()) }.map { ($0, refusal($0, size, $1)) }
        let chosen = try reasons.filter { $0.1 == nil }.map { ($0.0.name, try Self.rank(asset, $0.0)) }
            .max { $0.1 < $1.1 }
        guard let chosen else {
            throw MediaStorageError(
                .unavailable,
                "no storage account takes anything new: " + reasons.compactMap(\.1).joined(separator: "; "))
        }
        return chosen.0
    }

    /// Why nothing new goes there; nil when it may.
    private func refusal(
        _ account: StorageAccount, _ size: UInt64, _ look: () throws -> StorageCapacity?
    ) -> String? {
        let name = Self.text(account.name)
        guard account.weight > 0 else { return "storage account '\(name)' is drained (weight 0)" }
        do {
            guard let capacity = try look() else { return nil }
            let (needed, isTooMuch) = size.addingReportingOverflow(Self.reserve)
            guard !isTooMuch, needed <= capacity.free else {
                return "storage account '\(name)' has \(capacity.free) bytes free, too few for \(size) more: "
                    + "\(Self.reserve) bytes of its disk stay free"
            }
            return nil
        } catch {
            return (error as? MediaStorageError)?.reason ?? "\(error)"
        }
    }

    /// Weighted rendezvous hashing: the largest one is chosen. Assets fall to accounts by weight, and each one to the same
    /// account whoever asks.
    private static func rank(_ asset: String, _ account: StorageAccount) throws -> Double {
        let digest = try SHA256.digest([UInt8]("\(text(account.name))\n\(asset)".utf8))
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // Between 0 and 1, and neither.
        let unit = (Double(number >> 12) + 0.5) / Double(UInt64(1) << 52)
        return -Double(account.weight) / log(unit)
    }

    private func known(_ name: String?) throws -> StorageAccount {
        guard let account = accounts.first(where: { $0.name == name }) else {
            throw MediaStorageError(noAccount: Self.text(name))
        }
        return account
    }

    /// Where a read fails, the account is looked at first.
    private func reading<Result>(_ name: String?, _ work: (any MediaStorage) throws -> Result) throws -> Result {
        let account = try known(name)
        do {
            return try work(account.engine)
        } catch let error as MediaStorageError where error.code == .missing || error.code == .inputOutput {
            try account.examine()
            throw error
        }
    }

    /// Nothing is written, nor removed, where another disk should be.
    private func writing<Result>(_ name: String?, _ work: (any MediaStorage) throws -> Result) throws -> Result {
        let account = try known(name)
        try account.examine()
        return try work(account.engine)
    }

    /// In all accounts but those that are away. One that fails keeps none from its turn.
    ///
    /// - Throws: the first failure, when all have had theirs.
    private func everywhere(_ work: (StorageAccount) throws -> Void) throws {
        var failure: (any Error)?
        for account in accounts {
            do {
                try account.examine()
                try work(account)
            } catch let error as MediaStorageError where error.code == .unavailable {
                continue
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}

extension MediaStorageError {
    init(noAccount name: String) {
        self.init(.unavailable, "there is no storage account '\(name)' among storage.accounts of the configuration")
    }
}
