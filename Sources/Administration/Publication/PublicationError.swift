/// Why an asset was not published. Codes are stable.
public struct PublicationError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, Codable {
        case assetMissing
        case assetTakenDown
        /// The asset exists, and no version of it is complete.
        case assetWithoutVersion
        case deliveryPolicyMissing
        /// None was named: nothing would leave through the locator.
        case deliveryPolicyNotNamed
        case deliveryPolicyConflict
        case authorizationPolicyMissing
        /// Keys must be made, and nobody said who may receive them.
        case authorizationPolicyNotNamed
        /// One was named, and nothing is encrypted.
        case authorizationPolicyUnused
        /// The asset's key is under another authorization policy.
        case authorizationPolicyMismatch
        case trackNotCovered
        /// A crypto period is so short that the asset would need more keys than there may be.
        case tooManyPeriods
        case keyUnusable
        case accessPolicyMissing
        case accessPolicyWithoutRead
        case timeOutOfRange
        case filterMissing
    }

    public var code: Code
    /// What a person reads: what is wrong, with its name, and what to do.
    public var reason: String
    public var description: String { reason }

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
