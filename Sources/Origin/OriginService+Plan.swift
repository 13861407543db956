import Catalog
import MediaModel
import Policies

extension DeliveryPlan {
    /// The plan that a track of the presentation has.
    func plan(for track: TrackDescription) -> DeliveryPlan {
        if case .allowed(let plan) = Self.decide(track, under: self) { plan } else { self }
    }
}

extension OriginService {
    /// What the locator's policies say of a manifest.
    static func plan(
        _ format: StreamingFormat, _ encryption: DeliveryEncryption?, _ lookup: LocatorLookup
    ) throws(OriginError) -> DeliveryPlan {
        let decision = DeliveryPlan.decide(
            DeliveryRequest(
                streamingProtocol: format.streamingProtocol, encryption: encryption,
                capable: format.container.capable),
            under: lookup.terms.deliveryPolicies)
        let plan = try plan(decision)
        guard StreamingFormat.served.contains(format) else {
            throw OriginError(
                .formatNotServed, "This version does not serve format=\(format.rawValue).",
                choices: StreamingFormat.choices(StreamingFormat.served))
        }
        return plan
    }

    /// What the locator's policies say of a track's object: one protocol that may have it is enough.
    ///
    /// - Parameter description: the track that the reference names.
    static func plan(
        _ reference: TrackReference, of description: TrackDescription, _ lookup: LocatorLookup
    ) throws(OriginError) -> DeliveryPlan {
        let plans = try plans(reference, lookup)
        guard let plan = plans.first(where: { $0.plan(for: description) == $0 }) else {
            throw OriginError(
                .resourceNotFound,
                "The delivery policy does not treat the track as the URL says: read the manifest anew.")
        }
        return plan
    }

    /// The plans that may be a track's, by what its URL says of its treatment: several only where policies leave some tracks
    /// in the clear and encrypt others.
    ///
    /// - Throws: `OriginError` when there is none.
    static func plans(_ track: TrackReference, _ lookup: LocatorLookup) throws(OriginError) -> [DeliveryPlan] {
        if track.container == .jpeg {
            return [try picturePlan(.thumbnails, lookup, track.encryption, track.times)]
        }
        var first: DeliveryDecision?
        var clear: [DeliveryPlan] = []
        var isTreatedOtherwise = false
        for streamingProtocol in track.container.protocols {
            let decision = DeliveryPlan.decide(
                DeliveryRequest(
                    streamingProtocol: streamingProtocol, encryption: track.encryption,
                    capable: track.container.capable),
                under: lookup.terms.deliveryPolicies)
            if case .allowed(let plan) = decision {
                // What is treated in one way by its URL is not sent in another.
                if plan.times == track.times { return clear + [plan] }
                isTreatedOtherwise = true
                continue
            }
            // A client manifest says one thing of all tracks.
            if track.encryption == .none, track.container != .smooth {
                clear += DeliveryPlan.clearTracks(by: streamingProtocol, under: lookup.terms.deliveryPolicies)
            }
            first = first ?? decision
        }
        guard clear.isEmpty else { return clear }
        guard !isTreatedOtherwise else {
            throw OriginError(
                .resourceNotFound,
                "The delivery policy has another clear lead or crypto period: read the manifest anew.")
        }
        return [try plan(first ?? .blocked)]
    }

    /// What the locator's policies say of still pictures.
    ///
    /// - Parameter encryption: of the film, as the URL names it; nil for any.
    static func picturePlan(
        _ role: ImageFormat.Role, _ lookup: LocatorLookup, _ encryption: DeliveryEncryption? = nil,
        _ times: ProtectionTimes? = nil, protocols: [StreamingProtocol] = StreamingProtocol.allCases
    ) throws(OriginError) -> DeliveryPlan {
        let plan = DeliveryPlan.pictures(
            role, protocols: protocols, encryption: encryption, times: times, under: lookup.terms.deliveryPolicies)
        guard let plan else {
            throw OriginError(.outputFormatBlocked, "The delivery policies let no still pictures of the film out.")
        }
        return plan
    }

    private static func plan(_ decision: DeliveryDecision) throws(OriginError) -> DeliveryPlan {
        switch decision {
        case .allowed(let plan): return plan
        case .blocked: throw OriginError(.outputFormatBlocked, "The delivery policies do not allow this protocol.")
        case .encryptionNotInPolicy:
            throw OriginError(.encryptionNotInPolicy, "The delivery policies do not allow this encryption.")
        case .formatCannotCarry:
            throw OriginError(
                .formatCannotCarry, "The format cannot carry an encryption that the delivery policies allow.")
        case .ambiguous(let encryptions):
            throw OriginError(
                .encryptionNotSpecified, "The URL must say which encryption it wants.",
                choices: encryptions.map { "encryption=\($0.urlWord)" })
        }
    }
}
