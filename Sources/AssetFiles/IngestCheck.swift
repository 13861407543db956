public import Catalog
public import MediaStorage

/// What an original must pass before anything may use it, besides being whole.
public protocol IngestCheck: Sendable {
    /// For operators; unique among checks.
    var name: String { get }

    /// - Returns: nil when there is nothing to hold the content against.
    /// - Throws: any error when the check cannot be done now: the content waits, and the check is tried again. It is never
    ///   passed by an error.
    func verdict(on content: CheckedContent) async throws -> IngestVerdict?
}

/// What is put to a check.
public struct CheckedContent: Sendable {
    /// Of the file: its end says what kind it is.
    public var name: String
    /// Decrypted.
    public var content: any MediaReader

    public init(name: String, content: any MediaReader) {
        self.name = name
        self.content = content
    }
}

/// What a check found.
public struct IngestVerdict: Sendable, Hashable {
    public var outcome: CheckFinding.Outcome
    /// A line each, for people.
    public var reasons: [String]

    public init(_ outcome: CheckFinding.Outcome, _ reasons: [String] = []) {
        self.outcome = outcome
        self.reasons = reasons
    }
}

/// Why a check cannot be done now.
public struct CheckObstacle: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
