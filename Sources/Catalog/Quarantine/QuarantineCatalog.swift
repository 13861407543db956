public import Foundation

/// A change of what is in quarantine, and of what originals are held against.
public enum QuarantineChange: Sendable {
    /// Takes the place of the file's record before.
    case putRecord(IngestRecord)
    case putRules(IngestRules)
    case deleteRules(name: String)
    /// Throws `exists` when there is one of that name.
    case insertKnownWork(KnownWork)
    case deleteKnownWork(name: String)
    /// From now on originals are let out by programs alone that know this check. Changes nothing when it is required already.
    case requireCheck(name: String)
    /// Changes nothing when it is not required.
    case releaseCheck(name: String)
    /// Whether from now on nothing opens a file that a job names before it has passed the checks that originals do.
    case requireInputChecks(Bool)
}

/// Which originals a list of reviews shows.
public struct ReviewQuery: Sendable, Hashable {
    public var states: [IngestRecord.State]
    public var asset: String?
    /// The id of the last file of the page before.
    public var after: AssetFileID?
    public var limit: Int

    public init(
        states: [IngestRecord.State], asset: String? = nil, after: AssetFileID? = nil, limit: Int = 100
    ) {
        self.states = states
        self.asset = asset
        self.after = after
        self.limit = limit
    }
}

/// The records of quarantine. Every function throws `CatalogError`.
public protocol QuarantineCatalog: Sendable {
    /// Nil before a file's first check.
    func ingestRecord(_ file: AssetFileID) async throws -> IngestRecord?
    /// An original with its record, as both are at one moment; nil when there is none.
    func quarantinedFile(_ file: AssetFileID) async throws -> QuarantinedFile?
    /// Originals that something may be tried with, those first that have waited longest.
    func originalsToCheck(at now: Date, limit: Int) async throws -> [QuarantinedFile]
    /// In order of file id.
    func reviews(matching query: ReviewQuery) async throws -> [QuarantinedFile]
    /// In order of name.
    func ingestRules() async throws -> [IngestRules]
    /// The names of the checks that every program must put originals to, in their order: see `requireCheck`.
    func requiredChecks() async throws -> [String]
    /// Whether files that jobs name are put to the checks, whatever their transforms say: see `requireInputChecks`.
    func requiresInputChecks() async throws -> Bool
    /// In order of name, with their fingerprints.
    func knownWorks(_ page: Page) async throws -> [KnownWork]
}
