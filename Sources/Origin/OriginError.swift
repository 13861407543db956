public import Policies

/// Why the origin refuses. Codes are stable; the transport has one table from codes to statuses.
public struct OriginError: Error, Sendable, Hashable {
    /// The raw values are the reference's names where one fits.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case badURLSyntax = "MPE_BAD_URL_SYNTAX"
        case encryptionNotSpecified = "MPE_ENC_ENCRYPTION_NOT_SPECIFIED_IN_URL"
        case encryptionNotInPolicy = "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY"
        case outputFormatBlocked = "MPE_OUTPUT_FORMAT_BLOCKED"
        /// The format is known, and this version does not serve it.
        case formatNotServed = "MPE_FORMAT_NOT_SERVED"
        /// The format cannot carry the encryption that the policy asks for.
        case formatCannotCarry = "MPE_FORMAT_ENCRYPTION_INCOMPATIBLE"
        case resourceNotFound = "MPE_RESOURCE_NOT_FOUND"
        case trackNotFound = "MPE_EGRESS_TRACK_NOT_FOUND"
        case timestampNotFound = "MPE_EGRESS_TIMESTAMP_NOT_FOUND"
        case filterNotFound = "MPE_EGRESS_FILTER_NOT_FOUND"
        /// Filters that contradict each other.
        case filtersIncompatible = "MPE_FILTERS_INCOMPATIBLE"
        /// The locator is revoked, not open yet or no longer: answered like one that never was.
        case locatorClosed = "MPE_UNAUTHORIZED"
        /// The asset was taken down.
        case takenDown = "MPE_ASSET_TAKEN_DOWN"
        /// What is stored contradicts itself, or a key cannot be had.
        case storageFault = "MPE_STORAGE_FAULT"
        /// The key service does not answer, and the key is not held: to be asked again after `retryAfter`.
        case keysUnavailable = "MPE_KEYS_UNAVAILABLE"
    }

    public var code: Code
    /// For the client.
    public var detail: String
    public var choices: [String]
    /// In seconds; nil where asking again does not help.
    public var retryAfter: Int?

    public init(_ code: Code, _ detail: String, choices: [String] = []) {
        self.code = code
        self.detail = detail
        self.choices = choices
    }

    /// - Parameter reason: for operators; clients are not told where media lies.
    init(storageAway reason: String) {
        self.init(.storageFault, reason)
        retryAfter = 5
    }

    init(keysAwayFor seconds: Int) {
        self.init(.keysUnavailable, "The key service does not answer now.")
        retryAfter = seconds
    }
}

/// The token or ticket that a viewer showed with a playlist opens none of its keys.
public struct ViewerRefused: Error, Sendable, Hashable {
    public var reason: DenialReason
}
