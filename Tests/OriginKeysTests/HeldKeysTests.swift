import ContentKeys
import Policies
import Testing

@testable import OriginKeys

@Suite struct HeldKeysTests {
    private static let hold = Duration.seconds(60)
    private let start = ContinuousClock.now

    private func request(_ keyID: KeyID = .random()) -> OriginKeyRequest {
        OriginKeyRequest(keyID: keyID, use: .encryption(.envelope, .hls))
    }

    @Test func aKeyIsHeldFromTheLastWordOn() {
        var held = HeldKeys()
        let (request, key) = (request(), ContentKey.random(.envelope))
        #expect(held.key(request, at: start, hold: Self.hold) == nil)
        held.insert(key, request, asked: start)
        #expect(held.key(request, at: start + .seconds(59), hold: Self.hold) == key)
        #expect(held.key(request, at: start + .seconds(60), hold: Self.hold) == nil)
        held.confirm(request, asked: start + .seconds(50))
        #expect(held.key(request, at: start + .seconds(100), hold: Self.hold) == key)
        held.confirm(self.request(), asked: start)
        #expect(held.count == 1)
        #expect(held.confirmed(before: start + .seconds(50)).isEmpty)
        #expect(held.confirmed(before: start + .seconds(51)) == [request])
    }

    @Test func whatNobodyUsesIsLetGo() {
        var held = HeldKeys()
        let (used, unused) = (request(), request())
        for request in [used, unused] { held.insert(.random(.envelope), request, asked: start) }
        for seconds in stride(from: 10, through: 100, by: 10) {
            let time = start + .seconds(seconds)
            for request in [used, unused] { held.confirm(request, asked: time) }
            #expect(held.key(used, at: time, hold: Self.hold) != nil)
            held.removeOld(at: time, hold: Self.hold)
        }
        #expect(held.count == 1)
        held.removeOld(at: start + .seconds(160), hold: Self.hold)
        #expect(held.isEmpty)
    }

    @Test func aChangedKeyIsLetGoForAllUses() {
        var held = HeldKeys()
        let keyID = KeyID.random()
        for request in [
            request(keyID), OriginKeyRequest(keyID: keyID, use: .encryption(.envelope, .dash)), request(),
        ] { held.insert(.random(.envelope), request, asked: start) }
        held.removeAll(of: keyID)
        #expect(held.count == 1)
    }

    @Test func thereAreNeverTooMany() {
        var held = HeldKeys()
        let first = request()
        held.insert(.random(.envelope), first, asked: start)
        for number in 1...(RemoteKeySettings.mostKeys + 10) {
            let time = start + .milliseconds(number)
            // In use all the time.
            #expect(held.key(first, at: time, hold: Self.hold) != nil)
            held.insert(.random(.envelope), request(), asked: time)
        }
        #expect(held.count == RemoteKeySettings.mostKeys)
    }

    @Test func addressesAreHTTPSAndNothingMore() {
        for text in ["https://keys.example:8443", "https://10.0.0.1", "https://keys.example:8443/"] {
            #expect(KeyServiceAddress(text)?.url.hasSuffix("/") == false)
        }
        for text in [
            "http://127.0.0.1", "https://", "keys.example", "https://u@keys.example", "https://keys.example/a",
            "https://keys.example?a", "https://keys.example#a", "",
        ] { #expect(KeyServiceAddress(text) == nil, "\(text)") }
    }
}
