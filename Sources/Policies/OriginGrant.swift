public import ContentKeys
public import Foundation

/// What an origin that holds no key-encryption key asks of one key.
public struct OriginKeyRequest: Sendable, Hashable {
    /// What it does with the key.
    public enum Use: Sendable, Hashable {
        /// Media leaves encrypted with it.
        case encryption(DeliveryEncryption, StreamingProtocol)
        /// Stored files are read with it.
        case storage
    }

    public var keyID: KeyID
    public var use: Use

    public init(keyID: KeyID, use: Use) {
        self.keyID = keyID
        self.use = use
    }
}

/// An asset that a key belongs to, as one of its locators publishes it.
public struct OriginKeyPlace: Sendable, Hashable {
    public var terms: LocatorTerms
    /// The tracks that the key encrypts in the version that is served, under the encryption of the request; nil for the
    /// key of stored files.
    public var label: KeyLabel?
    /// Whether the asset was taken down: then none of its locators publishes anything.
    public var isTakenDown: Bool

    public init(terms: LocatorTerms, label: KeyLabel?, isTakenDown: Bool = false) {
        self.terms = terms
        self.label = label
        self.isTakenDown = isTakenDown
    }
}

/// The proof that a key may be given to an origin. Only `decide` makes one.
public struct OriginGrant: Sendable, Hashable {
    public let keyID: KeyID
    public let type: ContentKeyType
    public let use: OriginKeyRequest.Use
    /// The enrolled origin's name.
    public let origin: String
    /// The locator that publishes what the key is for.
    public let locator: LocatorID

    // The initialiser is the synthesised, internal one: that is what makes the type a proof.
}

/// The verdict on one key: a value, never a throw. Whatever is not allowed by name is denied.
public enum OriginDecision: Sendable, Hashable {
    /// Why not. Codes are stable.
    public enum Denial: String, Error, Sendable, Hashable, Codable, CaseIterable {
        case keyUnknown
        case keyDisabled
        /// It would be published, and the assets that it is for were taken down.
        case keyWithheld
        /// The key is of another type than what the origin would do with it.
        case useMismatch
        /// No open locator lets anything out that the key is for, by this protocol and encryption.
        case notPublished
        /// It may be given, and cannot be opened now.
        case keyUnavailable
    }

    case granted(OriginGrant)
    case denied(Denial)
}

extension OriginGrant {
    /// Decides by what is published now. Pure.
    ///
    /// - Parameters:
    ///   - origin: the name that its certificate is enrolled under.
    ///   - facts: of the key that the catalog has under the request's KID; nil when it has none.
    ///   - places: where the key is in use.
    public static func decide(
        _ request: OriginKeyRequest, from origin: String, facts: KeyFacts?, places: [OriginKeyPlace], at now: Date
    ) -> OriginDecision {
        guard let facts, facts.keyID == request.keyID else { return .denied(.keyUnknown) }
        guard facts.type == request.use.keyType else { return .denied(.useMismatch) }
        guard facts.isEnabled else { return .denied(.keyDisabled) }
        let published = places.filter { $0.covers(request.use, at: now) }
        guard let place = published.first(where: { !$0.isTakenDown }) else {
            return .denied(published.isEmpty ? .notPublished : .keyWithheld)
        }
        return .granted(
            OriginGrant(
                keyID: request.keyID, type: facts.type, use: request.use, origin: origin,
                locator: place.terms.locator.id))
    }
}

extension OriginKeyRequest.Use {
    /// The type of key that it takes; nil for none, where nothing is encrypted.
    var keyType: ContentKeyType? {
        switch self {
        case .encryption(let encryption, _): encryption.keyType
        case .storage: .storage
        }
    }
}

extension OriginKeyPlace {
    fileprivate func covers(_ use: OriginKeyRequest.Use, at now: Date) -> Bool {
        guard terms.streams(at: now) else { return false }
        switch use {
        case .encryption(let encryption, let streamingProtocol):
            guard let label, let policy = policy(of: encryption, by: streamingProtocol) else { return false }
            return policy.keyLabels.isEmpty ? label == .all : policy.keyLabels.contains(label)
        case .storage:
            return StreamingProtocol.allCases.contains { streamingProtocol in
                DeliveryEncryption.allCases.contains { policy(of: $0, by: streamingProtocol) != nil }
            }
        }
    }

    private func policy(of encryption: DeliveryEncryption, by streamingProtocol: StreamingProtocol) -> DeliveryPolicy? {
        let decision = DeliveryPlan.decide(
            DeliveryRequest(streamingProtocol: streamingProtocol, encryption: encryption, capable: [encryption]),
            under: terms.deliveryPolicies)
        guard case .allowed(let plan) = decision else { return nil }
        return plan.policy
    }
}
