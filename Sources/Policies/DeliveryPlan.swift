public import MediaModel

/// The proof that a delivery policy lets an asset, or a track of it, leave in one way. Only the functions here make one: one of
/// `clearTracks` is good for a track that has it by `decide(_:under:)` and for no other.
public struct DeliveryPlan: Sendable, Hashable {
    public let policy: DeliveryPolicy
    public let streamingProtocol: StreamingProtocol

    /// Whether it is a plan for the tracks alone that a policy which encrypts leaves in the clear.
    public let isForClearTracks: Bool

    init(policy: DeliveryPolicy, streamingProtocol: StreamingProtocol, isForClearTracks: Bool = false) {
        self.policy = policy
        self.streamingProtocol = streamingProtocol
        self.isForClearTracks = isForClearTracks
    }

    /// How tracks leave under the plan.
    public var encryption: DeliveryEncryption { isForClearTracks ? .none : policy.encryption }

    /// What of the time is encrypted; nothing of it matters where nothing is encrypted.
    public var times: ProtectionTimes { encryption.keyType == nil ? .whole : policy.times }
}

/// What a request asks of the delivery policies of a locator.
public struct DeliveryRequest: Sendable, Hashable {
    public var streamingProtocol: StreamingProtocol
    /// The encryption that the URL names; nil leaves it to the policies.
    public var encryption: DeliveryEncryption?
    /// The encryptions that the URL's format can carry.
    public var capable: Set<DeliveryEncryption>

    public init(
        streamingProtocol: StreamingProtocol, encryption: DeliveryEncryption?, capable: Set<DeliveryEncryption>
    ) {
        self.streamingProtocol = streamingProtocol
        self.encryption = encryption
        self.capable = capable
    }
}

/// The verdict of the delivery policies. Whatever is not allowed by name is refused.
public enum DeliveryDecision: Sendable, Hashable {
    case allowed(DeliveryPlan)
    /// No policy names the protocol, or one blocks it.
    case blocked
    /// Policies name the protocol, but not the encryption that the URL asks for.
    case encryptionNotInPolicy
    /// No encryption that the policies allow can be carried by the format.
    case formatCannotCarry
    /// The URL must say which of these it wants.
    case ambiguous([DeliveryEncryption])
}

extension DeliveryPlan {
    /// Decides by the policies of a locator. Pure.
    public static func decide(_ request: DeliveryRequest, under policies: [DeliveryPolicy]) -> DeliveryDecision {
        let named = policies.filter { $0.protocols.contains(request.streamingProtocol) }
        guard !named.isEmpty, !named.contains(where: { $0.encryption == .blocked }) else { return .blocked }
        let asked = named.filter { request.encryption == nil || $0.encryption == request.encryption }
        guard !asked.isEmpty else { return .encryptionNotInPolicy }
        let carried = asked.filter { request.capable.contains($0.encryption) }
        guard let first = carried.first else { return .formatCannotCarry }
        guard carried.count == 1 else {
            return .ambiguous(carried.map(\.encryption).sorted { $0.rawValue < $1.rawValue })
        }
        return .allowed(DeliveryPlan(policy: first, streamingProtocol: request.streamingProtocol))
    }

    /// How a track of a presentation leaves under the presentation's plan: by the same one, or by that of the tracks in the
    /// clear. Pure.
    public static func decide(_ track: TrackDescription, under plan: DeliveryPlan) -> DeliveryDecision {
        .allowed(
            DeliveryPlan(
                policy: plan.policy, streamingProtocol: plan.streamingProtocol,
                isForClearTracks: plan.policy.leavesClear(track)))
    }

    /// The plans for tracks that policies of a protocol leave in the clear although they encrypt others. Whether a track is
    /// one of them, `decide(_:under:)` tells. Pure.
    public static func clearTracks(
        by streamingProtocol: StreamingProtocol, under policies: [DeliveryPolicy]
    ) -> [DeliveryPlan] {
        let named = policies.filter { $0.protocols.contains(streamingProtocol) }
        guard !named.contains(where: { $0.encryption == .blocked }) else { return [] }
        return named.filter { $0.encryption.keyType != nil && !$0.clearLabels.isEmpty }.map {
            DeliveryPlan(policy: $0, streamingProtocol: streamingProtocol, isForClearTracks: true)
        }
    }

    /// The first way in which still pictures of a role may leave, in the order of protocols: whoever may have them with one
    /// protocol has them. Pure.
    ///
    /// - Parameters:
    ///   - protocols: those whose players ask.
    ///   - encryption: of the film, as the URL names it; nil for any.
    public static func pictures(
        _ role: ImageFormat.Role, protocols: [StreamingProtocol] = StreamingProtocol.allCases,
        encryption: DeliveryEncryption? = nil, times: ProtectionTimes? = nil, under policies: [DeliveryPolicy]
    ) -> DeliveryPlan? {
        for streamingProtocol in protocols {
            let named = policies.filter { $0.protocols.contains(streamingProtocol) }
            guard !named.contains(where: { $0.encryption == .blocked }) else { continue }
            let plans = named.map { DeliveryPlan(policy: $0, streamingProtocol: streamingProtocol) }
            let allowed = plans.first { plan in
                plan.policy.pictureRule.allows(role) && (encryption ?? plan.encryption) == plan.encryption
                    && (times ?? plan.times) == plan.times
            }
            if let allowed { return allowed }
        }
        return nil
    }

    /// Two policies that may not stand on one locator: they name the same protocol with the same encryption, or one of
    /// them leaves it, or some of its tracks, clear or blocks it while the other does not. Nil when the policies agree.
    public static func conflict(in policies: [DeliveryPolicy]) -> DeliveryPolicyConflict? {
        for (position, left) in policies.enumerated() {
            for right in policies.dropFirst(position + 1) {
                let exclusive = [left, right].contains { $0.encryption == .none || $0.encryption == .blocked }
                // What one of them leaves in the clear, the other would encrypt in vain.
                let isOverClearTracks = left.clearLabels != right.clearLabels
                guard exclusive || left.encryption == right.encryption || isOverClearTracks else { continue }
                let shared = left.protocols.intersection(right.protocols)
                if let overlap = shared.min(by: { $0.rawValue < $1.rawValue }) {
                    return DeliveryPolicyConflict(
                        left: left.name, right: right.name, streamingProtocol: overlap,
                        isOverClearTracks: !exclusive && isOverClearTracks)
                }
            }
        }
        return nil
    }
}

/// Two delivery policies that contradict each other over a protocol.
public struct DeliveryPolicyConflict: Error, Sendable, Hashable, CustomStringConvertible {
    public var left: String
    public var right: String
    public var streamingProtocol: StreamingProtocol
    /// Whether they are of two minds about tracks in the clear.
    public var isOverClearTracks = false

    public var description: String {
        "delivery policies '\(left)' and '\(right)' both rule \(streamingProtocol.rawValue)"
            + (isOverClearTracks ? ", and leave different tracks in the clear" : "")
    }
}
