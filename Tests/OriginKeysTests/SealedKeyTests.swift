import ContentKeys
import Foundation
import OriginExchange
import Policies
import Testing

@Suite struct SealedKeyTests {
    private let keyIDs = [KeyID.random(), KeyID.random()]

    private func sealed(
        to opener: KeyOpener
    ) throws -> (keys: [ContentKey], items: [(bytes: Data, keyID: KeyID, type: ContentKeyType)], encapsulated: Data) {
        var sealer = try KeySealer(recipient: opener.recipient)
        let keys = [ContentKey.random(.envelope), ContentKey.random(.storage)]
        let items = try zip(keys, keyIDs).map {
            (bytes: try sealer.seal($0, $1), keyID: $1, type: $0.type)
        }
        return (keys, items, sealer.encapsulated)
    }

    @Test func whatIsSealedIsOpened() throws {
        let opener = KeyOpener()
        let (keys, items, encapsulated) = try sealed(to: opener)
        #expect(try opener.open(items, encapsulated: encapsulated) == keys)
        for (item, key) in zip(items, keys) {
            key.withUnsafeBytes { bytes in #expect(item.bytes.range(of: Data(bytes)) == nil) }
        }
    }

    @Test func nothingElseIs() throws {
        let opener = KeyOpener()
        let (_, items, encapsulated) = try sealed(to: opener)
        #expect(throws: (any Error).self) { try KeyOpener().open(items, encapsulated: encapsulated) }
        #expect(throws: (any Error).self) { try opener.open(items.reversed(), encapsulated: encapsulated) }
        #expect(throws: (any Error).self) { try opener.open(items, encapsulated: Data(count: 32)) }
        #expect(throws: (any Error).self) { try opener.open(items, encapsulated: Data()) }
        var changed = items
        changed[0].keyID = .random()
        #expect(throws: (any Error).self) { try opener.open(changed, encapsulated: encapsulated) }
        changed = items
        changed[0].type = .commonCbcs
        #expect(throws: (any Error).self) { try opener.open(changed, encapsulated: encapsulated) }
        changed = items
        changed[1].bytes[changed[1].bytes.startIndex + 3] ^= 1
        #expect(throws: (any Error).self) { try opener.open(changed, encapsulated: encapsulated) }
        for length in 0..<49 where length != 48 {
            changed[1].bytes = Data(count: length)
            #expect(throws: (any Error).self) { try opener.open(changed, encapsulated: encapsulated) }
        }
    }

    @Test func aRecipientThatIsNoneIsRefused() {
        for bytes in [Data(), Data(count: 31), Data(count: 33)] {
            #expect(throws: (any Error).self) { try KeySealer(recipient: bytes) }
        }
    }

    @Test func requestsAreReadAsTheyAreWritten() throws {
        let request = OriginKeyRequest(keyID: .random(), use: .encryption(.cbcs, .dash))
        for request in [request, OriginKeyRequest(keyID: .random(), use: .storage)] {
            let message = OriginKeysRequest(recipient: Data([1]), keys: [.init(request, held: true)])
            let read = try JSONDecoder().decode(OriginKeysRequest.self, from: try JSONEncoder().encode(message))
            #expect(read.keys.map(\.request) == [request] && read.keys[0].held)
        }
        for text in [
            #"{"kid":"x","held":false}"#, #"{"kid":"\#(keyIDs[0])","held":false,"encryption":"cenc"}"#,
            #"{"kid":"\#(keyIDs[0])","held":false,"protocol":"hls"}"#,
            #"{"kid":"\#(keyIDs[0])","held":false,"protocol":"hls","encryption":"all"}"#,
        ] {
            let key = try JSONDecoder().decode(OriginKeysRequest.Key.self, from: Data(text.utf8))
            #expect(key.request == nil)
        }
    }

    @Test func ticketsAreReadAsTheyAreWritten() throws {
        let outcomes: [KeyTicketOutcome] = [
            .ticket("abc"), .notNeeded, .denied(DenialReason(.tokenRejected)), .limited,
        ]
        for outcome in outcomes {
            let bytes = try JSONEncoder().encode(OriginTicketAnswer(outcome))
            #expect(try JSONDecoder().decode(OriginTicketAnswer.self, from: bytes).value == outcome)
        }
        for text in [#"{"outcome":"ticket"}"#, #"{"outcome":"denied"}"#, #"{"outcome":"denied","reason":"x"}"#] {
            #expect(try JSONDecoder().decode(OriginTicketAnswer.self, from: Data(text.utf8)).value == nil)
        }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(OriginTicketAnswer.self, from: Data(#"{"outcome":"given"}"#.utf8))
        }
    }
}
