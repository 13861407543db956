public import Policies

/// A delivery policy as a document declares it: what is shown, and what can be put back.
public struct DeliveryPolicyForm: Codable, Sendable, Hashable {
    public struct KeyAcquisition: Codable, Sendable, Hashable {
        public var url: String?
        /// `off`, `on` or `address`; left out where the policy leaves it to the usual.
        public var tickets: String?
    }

    public var kind: String
    public var name: String
    public var protocols: [String]
    public var encryption: String
    /// From labels to `auto` or `clear`.
    public var keys: [String: String]?
    public var keyAcquisition: KeyAcquisition?
    /// Nil for the usual.
    public var signalling: [String]?
    /// A duration; nil for none.
    public var clearLead: String?
    /// A duration; nil for one key from start to end.
    public var cryptoPeriod: String?
    /// `none`, `poster` or `all`; nil for what goes with the encryption.
    public var pictures: String?

    public init(_ policy: DeliveryPolicy) {
        kind = Document.Kind.deliveryPolicy.rawValue
        name = policy.name
        protocols = policy.protocols.map(\.rawValue).sorted()
        encryption = policy.encryption.rawValue
        let labels = policy.keyLabels.map { ($0.rawValue, "auto") } + policy.clearLabels.map { ($0.rawValue, "clear") }
        if !labels.isEmpty { keys = Dictionary(labels) { first, _ in first } }
        if policy.keyAcquisitionURL != nil || policy.keyTickets != nil {
            keyAcquisition = KeyAcquisition(url: policy.keyAcquisitionURL, tickets: policy.keyTickets?.rawValue)
        }
        if policy.signalling != DeliveryPolicy.usualSignalling {
            signalling = policy.signalling.map(\.rawValue).sorted()
        }
        if policy.times.clearLead > 0 { clearLead = DurationText.text(policy.times.clearLead) }
        cryptoPeriod = policy.times.cryptoPeriod.map(DurationText.text)
        pictures = policy.pictures?.rawValue
    }
}
