import ContentKeys
import Foundation
import Policies
import Testing

@testable import Tokens

/// Tickets: sealed and opened again, and by nobody else.
@Suite struct KeyTicketTests {
    private struct Secret: SecretSource {
        var bytes = [UInt8](repeating: 7, count: 32)
        /// Of the secrets that verify tokens.
        var other: UInt8 = 9

        func withSecret<Result, Failure: Error>(
            named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            let bytes = name == KeyTicketSeal.secretName ? bytes : [UInt8](repeating: other, count: 32)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: bytes)
            return try body(UnsafeRawBufferPointer(buffer))
        }
    }

    private static func random(_ generator: inout Seeded) -> KeyTicket {
        func text(_ generator: inout Seeded) -> String {
            String(
                (0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in
                    "aZ0é🎬\0".randomElement(using: &generator)
                })
        }
        func maybe(_ generator: inout Seeded) -> String? { Bool.random(using: &generator) ? text(&generator) : nil }
        func bytes(_ count: Int, _ generator: inout Seeded) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        let entries = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            KeyTicket.Entry(
                policy: text(&generator), option: text(&generator), revision: bytes(16, &generator),
                keyIDs: (0..<Int.random(in: 0...4, using: &generator)).compactMap { _ in
                    KeyID(bytes: bytes(16, &generator))
                },
                maximumUses: Bool.random(using: &generator) ? Int.random(in: 1...1_000_000, using: &generator) : nil,
                unusedBefore: Bool.random(using: &generator)
                    ? Date(timeIntervalSince1970: Double(Int.random(in: 1...2_000_000_000, using: &generator))) : nil)
        }
        let addresses = [nil, IPAddress("192.0.2.7"), IPAddress("2001:db8::7")]
        let token = VerifiedToken(
            kind: Bool.random(using: &generator) ? .jwt : .swt, issuer: text(&generator), subject: maybe(&generator),
            tokenID: maybe(&generator), expires: Date(timeIntervalSince1970: 1_800_000_000), claims: [:],
            identity: bytes(32, &generator),
            signer: TokenSigner(
                keyID: maybe(&generator), fingerprint: Bool.random(using: &generator) ? bytes(32, &generator) : nil,
                secret: maybe(&generator)))
        return KeyTicket(
            place: KeyTicket.Place(
                locator: LocatorID(bytes: bytes(16, &generator)) ?? LocatorID(), deliveryPolicy: text(&generator)),
            entries: entries, expires: Date(timeIntervalSince1970: 1_700_000_000),
            clientAddress: addresses.randomElement(using: &generator) ?? nil, token: token)
    }

    @Test func whatIsSealedOpensAgain() throws {
        let seal = KeyTicketSeal(secrets: Secret())
        let other = KeyTicketSeal(secrets: Secret(bytes: [UInt8](repeating: 8, count: 32)))
        var generator = Seeded(state: 31)
        for _ in 0..<300 {
            let ticket = Self.random(&generator)
            let text = try #require(seal.seal(ticket))
            #expect(seal.open(text) == ticket && seal.seal(ticket) == text)
            #expect(other.open(text) == nil && other.seal(ticket) != text)
            // With another value of the secret that verified the token, its tickets are none.
            let changed = KeyTicketSeal(secrets: Secret(other: 10))
            #expect((changed.open(text) == nil) == (ticket.token.signer.secret != nil))
            #expect(
                text.utf8.allSatisfy {
                    "-_".utf8.contains($0) || Character(UnicodeScalar($0)).isLetter
                        || Character(UnicodeScalar($0)).isNumber
                })
        }
    }

    @Test func whatWasChangedDoesNotOpen() throws {
        let seal = KeyTicketSeal(secrets: Secret())
        var generator = Seeded(state: 37)
        for _ in 0..<40 {
            let text = Array(try #require(seal.seal(Self.random(&generator))).utf8)
            for position in text.indices {
                var changed = text
                changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                #expect(seal.open(String(decoding: changed, as: UTF8.self)) == nil)
            }
            #expect(seal.open(String(decoding: text.dropLast(), as: UTF8.self)) == nil)
            #expect(seal.open(String(decoding: text + text, as: UTF8.self)) == nil)
        }
        for text in ["", "AAAA", "====", String(repeating: "A", count: 4097)] { #expect(seal.open(text) == nil) }
    }

    /// The bytes inside, as if somebody had the key: read or refused, never a trap.
    @Test func damagedBytesAreRefused() throws {
        var generator = Seeded(state: 41)
        for _ in 0..<3000 {
            var bytes = try #require(TicketWriter.bytes(of: Self.random(&generator)))
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(position...)
            default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
            }
            _ = TicketReader.ticket(bytes)
        }
        #expect(TicketReader.ticket([]) == nil)
    }

    @Test func aSecretThatIsTooShortSealsNothing() {
        var generator = Seeded(state: 43)
        let ticket = Self.random(&generator)
        for count in [0, 1, 31] {
            let seal = KeyTicketSeal(secrets: Secret(bytes: [UInt8](repeating: 7, count: count)))
            #expect(seal.seal(ticket) == nil)
        }
        #expect(KeyTicketSeal(secrets: NoSecrets()).seal(ticket) == nil)
    }

    @Test func theRevisionIsWhatThePolicySays() {
        let seal = KeyTicketSeal(secrets: Secret())
        let policy = AuthorizationPolicy(
            name: "p", options: [AuthorizationOption(name: "o", delivery: [.aes, .clearkey], restrictions: [.open])])
        let revision = seal.revision(of: policy)
        var changed = policy
        changed.options[0].restrictions = [.token(restriction())]
        #expect(revision.count == 16 && seal.revision(of: changed) != revision && seal.revision(of: policy) == revision)
        changed = policy
        changed.availability.isEnabled = false
        #expect(seal.revision(of: changed) != revision)
        #expect(KeyTicketSeal(secrets: Secret()).revision(of: policy) == revision)
    }
}
