public import Catalog
public import MediaStorage

/// What an original must pass before anything may use it, besides being whole.
public protocol IngestCheck: Sendable {
    /// For operators.
    var name: String { get }

    /// - Parameter content: the original, decrypted.
    func verdict(on file: AssetFileRecord, content: any MediaReader) async throws -> IngestVerdict
}

/// What a check found.
public enum IngestVerdict: Sendable, Hashable {
    case passed
    /// Stays in quarantine until somebody decides.
    case held(reason: String)
    case rejected(reason: String)
}
