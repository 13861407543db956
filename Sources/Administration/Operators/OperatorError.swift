import AssetFiles
import Backups
public import Catalog
import KeyExchange
import MediaStorage

/// Why a verb was not done: the same value here and over HTTP, where it is a problem document (RFC 9457).
public struct OperatorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable: scripts read it, and exit codes and HTTP statuses follow from it.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        /// The request does not have the form that the contract gives it.
        case malformed
        /// Well formed, and still not acceptable.
        case invalid
        /// What the request names does not exist.
        case missing
        case exists
        case inUse
        case conflict
        /// `If-Match` or `If-None-Match` does not hold.
        case changed
        case tooLarge
        /// No token, or none that is valid now.
        case unauthenticated
        case notPermitted
        /// Too many requests that were refused.
        case limited
        case unavailable
        case storageFailed
        case corrupt
        case failed
    }

    /// One thing wrong with a request.
    public struct FieldProblem: Sendable, Hashable, Codable {
        /// A JSON pointer into the body, the name of a parameter, or `file:line:column` of a document.
        public var field: String
        public var detail: String

        public init(_ field: String, _ detail: String) {
            self.field = field
            self.detail = detail
        }
    }

    public var code: Code
    /// What a person reads: what is wrong, with its name, and what to do.
    public var message: String
    /// Every field that is wrong, when fields are.
    public var fields: [FieldProblem]
    /// In seconds, for `limited`.
    public var retryAfter: Int?
    /// The role that it takes, where it is the role that is not enough.
    public var lackedRole: AdminRole?

    public init(_ code: Code, _ message: String, fields: [FieldProblem] = [], retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.fields = fields
        self.retryAfter = retryAfter
    }

    /// The refusal of what a role does not allow.
    ///
    /// - Parameter purpose: a verb and what it is done to.
    public static func lacking(_ needed: AdminRole, having role: AdminRole, to purpose: String) -> OperatorError {
        var error = OperatorError(
            .notPermitted, "the role \(role.rawValue) may not \(purpose): it takes \(needed.rawValue)")
        error.lackedRole = needed
        return error
    }

    public var description: String { message }

    /// Whether the message is a list of places in documents, a line for each.
    public var listsPlaces: Bool {
        guard let first = fields.first else { return false }
        return first.field.contains(":") && message.hasPrefix("\(first.field): ")
    }

    /// The one table from the use cases' errors; nil for an error that means nothing to operators.
    public init?(meaning error: any Error) {
        switch error {
        case let error as OperatorError: self = error
        case let error as PublicationError:
            self.init(error.code == .assetMissing ? .missing : .invalid, error.reason)
        case let error as ImportRejected:
            self.init(.invalid, error.description, fields: error.reasons.map { FieldProblem("/files", $0) })
        case let error as KeyOperationError: self.init(Self.code(of: error.code), error.reason)
        case let error as RecipientError: self.init(.invalid, error.description)
        case let error as CPIXError: self.init(.invalid, error.description)
        case let error as KEKRotationError: self.init(.conflict, error.description)
        case let error as CatalogError: self.init(Self.code(of: error.code), error.reason)
        case let error as AssetFileError: self.init(Self.code(of: error.code), error.reason)
        case let error as BackupError: self.init(Self.code(of: error.code), error.description)
        case let error as MediaStorageError: self.init(.storageFailed, error.description)
        case let error as DocumentsRejected:
            self.init(
                .invalid, "\(error.description)\n\(CountText.text(error.errors.count, "error")); nothing was changed",
                fields: error.errors.map { FieldProblem($0.position.description, $0.message) })
        default: return nil
        }
    }

    private static func code(of code: KeyOperationError.Code) -> Code {
        switch code {
        case .missing: .missing
        case .invalid: .invalid
        case .inUse: .inUse
        case .wrongState: .conflict
        case .notPermitted: .notPermitted
        }
    }

    private static func code(of code: BackupError.Code) -> Code {
        switch code {
        case .missing: .missing
        case .damaged, .newer, .incomplete: .invalid
        case .occupied: .exists
        case .cannotCreate: .storageFailed
        case .busy: .unavailable
        case .inputOutput: .storageFailed
        }
    }

    private static func code(of code: AssetFileError.Code) -> Code {
        switch code {
        case .malformed, .wrongChecksum: .malformed
        case .missing: .missing
        case .exists: .exists
        case .wrongOffset, .complete, .notReady: .conflict
        case .tooLarge, .quotaExceeded: .tooLarge
        case .busy: .inUse
        case .unavailable: .unavailable
        case .damaged: .corrupt
        }
    }

    private static func code(of code: CatalogError.Code) -> Code {
        switch code {
        // What a change refers to is missing: the request is at fault, not its address.
        case .missing: .invalid
        case .exists: .exists
        case .inUse: .inUse
        case .conflict, .canceled, .retired, .limit: .conflict
        case .changed: .changed
        case .unavailable: .storageFailed
        case .corrupt: .corrupt
        }
    }
}
