import ContentKeys
import Foundation
import Policies
import Testing

/// A ticket that was sealed here, against what is in force where it was given.
@Suite struct TicketTests {
    private struct Reader: KeyTicketReader {
        var ticket: KeyTicket?
        var terms: LocatorTerms?

        func open(_ text: String) -> KeyTicket? { ticket }
        func revision(of policy: AuthorizationPolicy) -> [UInt8] { [1] }
        func isInForce(_ signer: TokenSigner, under policy: AuthorizationPolicy) -> Bool { true }
        func terms(of locator: LocatorID) -> LocatorTerms? { terms }
    }

    private static let locator = LocatorID()

    private static func delivery(
        _ name: String = "d", _ encryption: DeliveryEncryption = .envelope, protocols: Set<StreamingProtocol> = [.hls],
        url: String? = nil, _ rule: KeyTicketRule? = nil
    ) -> DeliveryPolicy {
        DeliveryPolicy(
            name: name, protocols: protocols, encryption: encryption, keyAcquisitionURL: url, keyTickets: rule)
    }

    private static func terms(
        _ policies: [DeliveryPolicy], _ permissions: Set<AccessPermission> = [.read], kind: LocatorKind = .streaming,
        end: Date = now.addingTimeInterval(60), isRevoked: Bool = false
    ) -> LocatorTerms {
        LocatorTerms(
            locator: Locator(
                id: locator, kind: kind, asset: "film", accessPolicy: "a", deliveryPolicies: policies.map(\.name),
                start: now.addingTimeInterval(-60), end: end, isRevoked: isRevoked),
            deliveryPolicies: policies, permissions: permissions)
    }

    /// Nil for a grant; else why the ticket was not taken.
    private func refusal(_ terms: LocatorTerms?, boundTo bound: String? = nil) throws -> String? {
        let ticket = KeyTicket(
            place: KeyTicket.Place(locator: Self.locator, deliveryPolicy: "d"),
            entries: [
                KeyTicket.Entry(policy: "p", option: "o", revision: [1], keyIDs: [keyID(1)], maximumUses: nil)
            ],
            expires: now.addingTimeInterval(60), clientAddress: try bound.map(address), token: verifiedToken())
        let evaluator = AuthorizationEvaluator(
            verifier: TableVerifier(), tickets: Reader(ticket: ticket, terms: terms))
        let policy = AuthorizationPolicy(
            name: "p",
            options: [AuthorizationOption(name: "o", delivery: [.aes], restrictions: [.token(tokenRestriction())])])
        let request = KeyRequest(
            keyIDs: [keyID(1)], delivery: .aes, credential: nil, ticket: "t", clientAddress: try address("192.0.2.1"))
        let facts = KeyFacts(keyID: keyID(1), type: .envelope, isEnabled: true)
        guard case .denied(let reason) = evaluator.decide(keyID(1), in: request, facts: facts, policy: policy, at: now)
        else { return nil }
        #expect(reason.code == .ticketRejected && reason.denialClass == .unauthenticated)
        return reason.detail
    }

    @Test func itHoldsWhileTicketsAreGivenWhereItWasGiven() throws {
        for policy in [
            Self.delivery(), Self.delivery(.on), Self.delivery("d", .cbcs), Self.delivery("d", .cenc),
            Self.delivery(protocols: [.hls, .dash]), Self.delivery(url: "https://keys.example/{kid}", .on),
        ] {
            #expect(try refusal(Self.terms([policy])) == nil)
        }
        let others = [
            Self.delivery("other", .cbcs, .off), Self.delivery("d"), Self.delivery("dash", protocols: [.dash]),
        ]
        #expect(try refusal(Self.terms(others)) == nil)
        #expect(try refusal(Self.terms([Self.delivery(.address)]), boundTo: "192.0.2.1") == nil)
        // Bound once, and no longer asked for: still of one address.
        #expect(try refusal(Self.terms([Self.delivery(.on)]), boundTo: "192.0.2.1") == nil)
        #expect(try refusal(Self.terms([Self.delivery(.on)]), boundTo: "192.0.2.2") == "otherAddress")
    }

    @Test func turningTicketsOffEndsIt() throws {
        for policies in [
            [Self.delivery(.off)], [Self.delivery(url: "https://keys.example/{kid}")], [], [Self.delivery("other")],
            [Self.delivery("d", .blocked)], [Self.delivery("d", .none)], [Self.delivery(protocols: [.dash])],
            [Self.delivery("d"), Self.delivery("other", .blocked)],
        ] {
            #expect(try refusal(Self.terms(policies)) == "ticketsOff")
        }
        #expect(try refusal(Self.terms([Self.delivery(.address)])) == "notBound")
    }

    @Test func theEndOfTheLocatorEndsIt() throws {
        let policies = [Self.delivery()]
        for terms in [
            nil, Self.terms(policies, isRevoked: true), Self.terms(policies, end: now), Self.terms(policies, []),
            Self.terms(policies, [.list]), Self.terms(policies, kind: .sas),
        ] {
            #expect(try refusal(terms) == "locatorClosed")
        }
        var other = Self.terms(policies)
        other.locator.id = LocatorID()
        #expect(try refusal(other) == "locatorClosed")
    }

    @Test func aLocatorIsItsBytes() {
        #expect(LocatorID(bytes: Self.locator.bytes) == Self.locator && Self.locator.bytes.count == 16)
        #expect(
            LocatorID(bytes: (0..<16).map { UInt8($0) * 17 })?.description == "00112233-4455-6677-8899-aabbccddeeff")
        for count in [0, 15, 17] { #expect(LocatorID(bytes: [UInt8](repeating: 1, count: count)) == nil) }
    }
}

extension TicketTests {
    private static func delivery(_ rule: KeyTicketRule) -> DeliveryPolicy { delivery("d", .envelope, rule) }
}
