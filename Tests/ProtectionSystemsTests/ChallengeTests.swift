import ContentKeys
import Foundation
import Testing

@testable import ProtectionSystems

/// Licence challenges, made here after the formats that clients send.
@Suite struct ChallengeTests {
    static func playReady(_ header: String, around: (String, String) = ("<LA><ContentHeader>", "</ContentHeader></LA>"))
        -> String
    {
        """
        <?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">\
        <soap:Body><AcquireLicense xmlns="http://schemas.microsoft.com/DRM/2007/03/protocols"><challenge>\
        <Challenge xmlns="http://schemas.microsoft.com/DRM/2007/03/protocols/messages">\
        \(around.0)\(header)\(around.1)<Signature><SignatureValue>AA==</SignatureValue></Signature>\
        </Challenge></challenge></AcquireLicense></soap:Body></soap:Envelope>
        """
    }

    @Test(arguments: [1, 3])
    func playReadyChallengesNameTheirKeys(count: UInt8) throws {
        let keyIDs = (0..<count).map { Fixtures.keyID($0) }
        let header = try PlayReadyHeader(keys: keyIDs.map { .init($0) }, algorithm: .counter)
        let challenge = Array(Self.playReady(header.xml).utf8)
        #expect(try PlayReadyChallenge(parsing: challenge).keyIDs == keyIDs)
        #expect(try PlayReadyChallenge(parsing: [0xEF, 0xBB, 0xBF] + challenge).keyIDs == keyIDs)
    }

    @Test func playReadyChallengesThatCouldBeReadInTwoWaysAreRefused() throws {
        let header = try PlayReadyHeader(keys: [.init(Fixtures.keyID())], algorithm: .counter).xml
        let other = try PlayReadyHeader(keys: [.init(Fixtures.keyID(1))], algorithm: .counter).xml
        for challenge in [
            "", "x", header, Self.playReady(""), Self.playReady(header + other),
            Self.playReady("<!--\(other)-->" + header),
            Self.playReady("<![CDATA[\(other)]]>" + header), Self.playReady(header, around: ("<X>", "</X>")),
            "<!DOCTYPE a [<!ENTITY b 'c'>]>" + Self.playReady(header),
            Self.playReady(header).replacingOccurrences(of: "soap:Envelope", with: "Other"),
            Self.playReady(header) + String(repeating: " ", count: 64 << 10),
        ] {
            #expect(throws: ProtectionSystemError.self) { try PlayReadyChallenge(parsing: Array(challenge.utf8)) }
        }
        #expect(throws: ProtectionSystemError.self) {
            try PlayReadyChallenge(parsing: Array(Self.playReady(header).utf16.flatMap(\.littleEndianBytes)))
        }
    }

    private static func data(_ inner: String) -> String {
        "<CustomData>" + inner.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            + "</CustomData>"
    }

    /// The token of Azure Media Services' players; anything else in its place is none, and no reason to refuse.
    @Test func playReadyChallengesMayHoldAToken() throws {
        let header = try PlayReadyHeader(keys: [.init(Fixtures.keyID())], algorithm: .counter).xml
        let space = "http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/PlayReadyCustomData/v1"
        func token(_ data: String) throws -> String? {
            let around = ("<LA><ContentHeader>", "</ContentHeader>\(data)</LA>")
            return try PlayReadyChallenge(parsing: Array(Self.playReady(header, around: around).utf8)).token
        }
        let whole = "<CustomData xmlns=\"\(space)\"><Token> a.b.c\n</Token></CustomData>"
        #expect(try token(Self.data(whole)) == "a.b.c")
        for other in [
            "", "<CustomData/>", Self.data("a.b.c"), Self.data(whole) + Self.data(whole), Self.data("<!-- -->" + whole),
            Self.data("<CustomData><Token>a</Token></CustomData>"), Self.data(whole.replacing("Token", with: "Tokens")),
            Self.data(whole.replacing("CustomData", with: "Data")), Self.data("<A>\(whole)</A>"),
            Self.data("<CustomData xmlns=\"\(space)\"><Token>a</Token><Token>b</Token></CustomData>"),
            Self.data("<CustomData xmlns=\"\(space)\"><Token></Token></CustomData>"), "<X>\(Self.data(whole))</X>",
        ] {
            #expect(try token(other) == nil, "\(other)")
        }
    }

    /// A `SignedMessage`; its content identification is the caller's.
    static func widevine(_ content: (inout ProtocolBufferWriter) -> Void, type: UInt64 = 1) -> [UInt8] {
        var identification = ProtocolBufferWriter()
        content(&identification)
        var request = ProtocolBufferWriter()
        request.field(1, Array("the client".utf8))
        request.field(2, identification.bytes)
        request.field(3, 1)
        request.field(4, 1_790_000_000)
        var signed = ProtocolBufferWriter()
        signed.field(1, type)
        signed.field(2, request.bytes)
        signed.field(3, [UInt8](repeating: 7, count: 256))
        return signed.bytes
    }

    static func message(_ fields: (UInt64, [UInt8])...) -> [UInt8] {
        var writer = ProtocolBufferWriter()
        for (number, value) in fields { writer.field(number, value) }
        return writer.bytes
    }

    static func header(_ keyIDs: [KeyID]) -> [UInt8] { WidevineHeader(keyIDs: keyIDs, scheme: .cenc).serialized() }

    @Test func widevineChallengesNameTheirKeys() throws {
        let (one, two) = (Fixtures.keyID(), Fixtures.keyID(1))
        let direct = Self.widevine { $0.field(1, Self.message((1, Self.header([one])), (1, Self.header([two])))) }
        #expect(try WidevineChallenge.keyIDs(in: direct) == [one, two])
        let boxes = SystemHeader(.widevine, data: Self.header([one])).box + SystemHeader.common(keyIDs: [two]).box
        let initialised = Self.widevine { $0.field(4, Self.message((2, boxes))) }
        #expect(try WidevineChallenge.keyIDs(in: initialised) == [one, two])
        let webM = Self.widevine { $0.field(2, Self.message((1, one.bytes))) }
        #expect(try WidevineChallenge.keyIDs(in: webM) == [one])
    }

    @Test func widevineChallengesWithoutKeys() throws {
        // The request of a service certificate, which every client makes first.
        #expect(try WidevineChallenge.keyIDs(in: [0x08, 0x04]).isEmpty)
        #expect(try WidevineChallenge.keyIDs(in: Self.widevine { $0.field(3, Self.message((1, [1]))) }).isEmpty)
        let byContent = WidevineHeader(keyIDs: [], scheme: nil, contentID: [1]).serialized()
        #expect(try WidevineChallenge.keyIDs(in: Self.widevine { $0.field(1, Self.message((1, byContent))) }).isEmpty)
    }

    /// Content by an id beside content by its key: only the key would have been judged.
    @Test func widevineChallengesForMoreThanTheirKeysAreRefused() {
        let byKey = Self.header([Fixtures.keyID()])
        let byContent = WidevineHeader(keyIDs: [], scheme: nil, contentID: [1]).serialized()
        let boxes = SystemHeader(.widevine, data: byKey).box + SystemHeader(.widevine, data: byContent).box
        for challenge in [
            Self.widevine { $0.field(1, Self.message((1, byKey), (1, byContent))) },
            Self.widevine { $0.field(4, Self.message((2, boxes))) },
        ] {
            #expect(throws: ProtectionSystemError.self) { try WidevineChallenge.keyIDs(in: challenge) }
        }
    }

    @Test func widevineChallengesThatCouldBeReadInTwoWaysAreRefused() {
        let one = Self.message((1, Self.header([Fixtures.keyID()])))
        let good = Self.widevine { $0.field(1, one) }
        for challenge in [
            [], [0x08], [0x08, 0x05], [0x12, 0x00], Array("<xml/>".utf8), good + good,
            Self.widevine { _ in }, Self.widevine { $0.field(1, 5) }, Self.widevine { $0.field(9, one) },
            Self.widevine {
                $0.field(1, one)
                $0.field(1, one)
            },
            Self.widevine {
                $0.field(1, one)
                $0.field(3, one)
            },
            Self.widevine {
                $0.field(1, one)
                $0.field(12, one)
            },
            Self.widevine { $0.field(2, Self.message((1, [1, 2]))) }, Self.widevine { $0.field(4, one) },
            Self.widevine { $0.field(4, Self.message((2, [1, 2, 3]))) },
        ] as [[UInt8]] {
            #expect(throws: ProtectionSystemError.self) { try WidevineChallenge.keyIDs(in: challenge) }
        }
    }

    @Test func damagedChallengesAreNeverATrap() throws {
        var generator = Seeded(state: 0xC4A1)
        let keyIDs = (0..<3).map { Fixtures.keyID($0) }
        let soap = Array(
            Self.playReady(try PlayReadyHeader(keys: keyIDs.map { .init($0) }, algorithm: .chain).xml).utf8)
        let signed = Self.widevine { $0.field(1, Self.message((1, Self.header(keyIDs)))) }
        for _ in 0..<4000 {
            _ = try? PlayReadyChallenge(parsing: generator.mutated(soap))
            _ = try? WidevineChallenge.keyIDs(in: generator.mutated(signed))
        }
    }
}
