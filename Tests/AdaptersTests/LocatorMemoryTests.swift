import Adapters
import Catalog
import ContentKeys
import Foundation
import Policies
import Testing

/// The terms of locators, as the tickets of a running server are held against them.
@Suite struct LocatorMemoryTests {
    private final class Site: Sendable {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-terms-\(UUID().uuidString)")
            .path
        let locator = LocatorID()
        let server: Installation
        /// Another process on the same folder.
        let operatorSide: Installation

        init() async throws {
            server = try await Installation.open(dataFolder: path)
            operatorSide = try await Installation.open(dataFolder: path)
            let key = try operatorSide.makeContentKey(.storage, keyID: .random(), name: nil)
            try await operatorSide.catalog.apply([
                .insertContentKey(key),
                .insertAsset(AssetRecord(name: "film", created: Date(), storageKey: key.keyID)),
                .putAccessPolicy(AccessPolicy(name: "a", permissions: [.read], duration: 3600)),
                .putDeliveryPolicy(Self.policy(.on)),
                .insertLocator(
                    Locator(
                        id: locator, kind: .streaming, asset: "film", accessPolicy: "a", deliveryPolicies: ["d"],
                        start: Date(), end: Date().addingTimeInterval(3600))),
            ])
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        static func policy(_ rule: KeyTicketRule) -> DeliveryPolicy {
            DeliveryPolicy(name: "d", protocols: [.hls], encryption: .envelope, keyTickets: rule)
        }

        func put(_ rule: KeyTicketRule) async throws {
            try await operatorSide.catalog.apply([.putDeliveryPolicy(Self.policy(rule))])
        }

        /// What the server goes by.
        var rule: KeyTicketRule? { server.tickets.terms(of: locator)?.ticketRule(under: "d") }
    }

    @Test func theyAreKeptUntilAChangeIsHeard() async throws {
        let site = try await Site()
        await site.server.watch.look()
        #expect(site.rule == .on)
        try await site.put(.off)
        let kept = site.rule
        // Fresh still: then it was when the rule was asked for, and nothing was read.
        if site.server.watch.isFresh { #expect(kept == .on) }
        await site.server.watch.look()
        #expect(site.rule == .off)
        try await site.put(.address)
        await site.server.watch.look()
        #expect(site.rule == .address)
    }

    @Test func whileNothingIsHeardTheyAreRead() async throws {
        let site = try await Site()
        #expect(site.rule == .on)
        try await site.put(.off)
        #expect(site.rule == .off)
    }

    @Test func everythingThatRulesALocatorIsHeard() async throws {
        let site = try await Site()
        let others = LocatorID()
        func streams() async -> Bool? {
            await site.server.watch.look()
            return site.server.tickets.terms(of: site.locator)?.streams(at: Date())
        }
        #expect(await streams() == true)
        try await site.operatorSide.catalog.apply([
            .putAccessPolicy(AccessPolicy(name: "a", permissions: [.list], duration: 3600))
        ])
        #expect(await streams() == false)
        try await site.operatorSide.catalog.apply([
            .putAccessPolicy(AccessPolicy(name: "a", permissions: [.read], duration: 3600))
        ])
        #expect(await streams() == true)
        try await site.operatorSide.catalog.apply([.revokeLocator(site.locator)])
        #expect(await streams() == false)
        #expect(site.server.tickets.terms(of: others) == nil)
    }
}
