public import Foundation

/// What rules what leaves through a locator, as it is now.
public struct LocatorTerms: Sendable, Hashable {
    public var locator: Locator
    /// Those that stand on it, in its order.
    public var deliveryPolicies: [DeliveryPolicy]
    /// Of its access policy; empty when that is gone.
    public var permissions: Set<AccessPermission>

    public init(locator: Locator, deliveryPolicies: [DeliveryPolicy], permissions: Set<AccessPermission>) {
        self.locator = locator
        self.deliveryPolicies = deliveryPolicies
        self.permissions = permissions
    }

    /// Whether the locator streams anything at a time.
    public func streams(at now: Date) -> Bool {
        locator.isOpen(at: now) && locator.kind == .streaming && permissions.contains(.read)
    }

    /// Whether playlists that a delivery policy lets out through the locator carry tickets: off also for a policy that does
    /// not stand on it, or lets no encrypted HLS out.
    public func ticketRule(under policy: String) -> KeyTicketRule {
        guard let policy = deliveryPolicies.first(where: { $0.name.isExactly(policy) }),
            policy.encryption.keyType != nil
        else {
            return .off
        }
        let request = DeliveryRequest(
            streamingProtocol: .hls, encryption: policy.encryption, capable: [policy.encryption])
        guard case .allowed(let plan) = DeliveryPlan.decide(request, under: deliveryPolicies) else { return .off }
        return plan.policy.ticketRule
    }
}

/// Knows the terms of locators, as every process on the same catalog changed them within a second.
public protocol LocatorTermsSource: Sendable {
    /// Nil when there is no such locator, and when it cannot be told: nothing is allowed then.
    func terms(of locator: LocatorID) -> LocatorTerms?
}

/// Knows no locator.
public struct NoLocators: LocatorTermsSource {
    public init() {}
    public func terms(of locator: LocatorID) -> LocatorTerms? { nil }
}
