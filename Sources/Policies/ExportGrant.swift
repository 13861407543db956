public import ContentKeys

/// What an operator may do, as the administration's bearer tokens and the owner of a data folder carry it.
public enum OperatorRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// Sees names and states.
    case reader
    /// Changes what there is.
    case `operator`
    /// The only one that can take key bytes out.
    case keyAdmin = "key-admin"
}

/// What an operator asks when keys shall leave the installation.
public struct ExportRequest: Sendable, Hashable {
    /// How the key would leave.
    public enum Form: Sendable, Hashable {
        /// Encrypted to a public key: the fingerprint names it.
        case wrapped(recipient: String)
        /// As it is; `confirmed` says that this was asked for in so many words.
        case clear(confirmed: Bool)
    }

    public var keyID: KeyID
    public var role: OperatorRole?
    public var form: Form

    public init(keyID: KeyID, role: OperatorRole?, form: Form) {
        self.keyID = keyID
        self.role = role
        self.form = form
    }
}

/// The proof that a key may be exported. Only `decide` makes one.
public struct ExportGrant: Sendable, Hashable {
    public let keyID: KeyID
    public let form: ExportRequest.Form

    // The initialiser is the synthesised, internal one: that is what makes the type a proof.
}

/// The verdict on an export: a value, never a throw. Whatever is not allowed by name is denied.
public enum ExportDecision: Sendable, Hashable {
    /// Why not. Codes are stable.
    public enum Denial: String, Error, Sendable, Hashable, Codable, CaseIterable {
        case keyUnknown
        case roleMissing
        /// Keys of stored files never leave.
        case keyNotDeliverable
        /// A key in the clear is asked for with a word of its own.
        case clearNotConfirmed
    }

    case granted(ExportGrant)
    case denied(Denial)
}

extension ExportGrant {
    /// Decides by the operator's role and the key's type. Pure.
    ///
    /// - Parameter type: of the key that the catalog has under the request's KID; nil when it has none.
    public static func decide(_ request: ExportRequest, type: ContentKeyType?) -> ExportDecision {
        guard request.role == .keyAdmin else { return .denied(.roleMissing) }
        guard let type else { return .denied(.keyUnknown) }
        guard type.isDeliverable else { return .denied(.keyNotDeliverable) }
        if case .clear(let confirmed) = request.form, !confirmed { return .denied(.clearNotConfirmed) }
        return .granted(ExportGrant(keyID: request.keyID, form: request.form))
    }
}
