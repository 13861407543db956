import BoundedMemory
import ContentKeys
import Policies
import Testing

@testable import KeyDelivery

@Suite struct RequestRateTests {
    @Test func aBurstPassesAndThenTheRateHolds() {
        let rate = RequestRate<Int>(perSecond: 2)
        let start = ContinuousClock.now
        let passed = (0..<10).filter { _ in rate.count(1, at: start) == nil }.count
        #expect(passed == 4)
        #expect(rate.count(1, at: start) ?? .zero > .zero)
        // Others are not held up.
        #expect(rate.count(2, at: start) == nil)
        let later = start + .seconds(1)
        #expect((0..<10).filter { _ in rate.count(1, at: later) == nil }.count == 2)
    }

    @Test func aRequestCountsAsManyAsItIs() {
        let rate = RequestRate<Int>(perSecond: 10)
        let start = ContinuousClock.now
        #expect(rate.count(1, units: 12, at: start) == nil)
        #expect(rate.count(1, units: 9, at: start) == .milliseconds(100))
        #expect(rate.count(1, units: 8, at: start) == nil)
        #expect(rate.count(1, units: 0, at: start) == nil)
        // More than the burst: when nothing is left of what was asked before.
        #expect(rate.count(1, units: 64, at: start) == .seconds(2))
        #expect(rate.count(1, units: 64, at: start + .seconds(2)) == nil)
        #expect(rate.count(1, at: start + .seconds(2)) != nil)
    }

    @Test func addressesAndKeysAreCounted() throws {
        func request(_ address: String, _ keyID: KeyID) throws -> KeyRequest {
            KeyRequest(
                keyIDs: [keyID], delivery: .aes, credential: nil, clientAddress: try #require(IPAddress(address)))
        }
        let now = ContinuousClock.now
        let addresses = RequestRates(RateLimits(address: 1))
        // One client with a /64 of its own is one client.
        for host in ["1", "2"] { #expect(addresses.count(try request("2001:db8::\(host)", .random()), at: now) == nil) }
        #expect(addresses.count(try request("2001:db8::3", .random()), at: now) != nil)
        #expect(addresses.count(try request("2001:db8:0:1::3", .random()), at: now) == nil)
        #expect(addresses.count(try request("192.0.2.1", .random()), at: now) == nil)
        let keys = RequestRates(RateLimits(key: 1))
        let keyID = KeyID.random()
        for host in 1...2 { #expect(keys.count(try request("192.0.2.\(host)", keyID), at: now) == nil) }
        #expect(keys.count(try request("192.0.2.3", keyID), at: now) != nil)
        #expect(keys.count(try request("192.0.2.3", .random()), at: now) == nil)
    }
}
