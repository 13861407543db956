import ContentKeys
import Foundation
import Testing

@testable import ProtectionSystems

/// What was written is read back, and what was not written by anyone honest is refused.
@Suite struct ReadingTests {
    @Test(arguments: PlayReadyHeader.Version.allCases)
    func everyVersionIsReadBack(version: PlayReadyHeader.Version) throws {
        let many = version == .several || version == .chained
        let keys = try (0..<(many ? 3 : 1)).map {
            let keyID = Fixtures.keyID(UInt8($0))
            return PlayReadyHeader.Key(keyID, checksum: try Fixtures.checksum(keyID))
        }
        for url in [nil, "https://a.example/?x=1&y='2'<"] {
            let header = try PlayReadyHeader(version, keys: keys, algorithm: .counter, licenceURL: url)
            #expect(try PlayReadyHeader(parsing: header.xml) == header)
            let object = try PlayReadyObject(header)
            #expect(try PlayReadyObject(parsing: object.serialized()) == object)
        }
    }

    @Test func versionsAreChosenByWhatIsToBeSaid() throws {
        let one = [PlayReadyHeader.Key(Fixtures.keyID())]
        let two = one + [PlayReadyHeader.Key(Fixtures.keyID(1))]
        #expect(try PlayReadyHeader(keys: one, algorithm: .counter).version == .one)
        #expect(try PlayReadyHeader(keys: two, algorithm: .counter).version == .several)
        #expect(try PlayReadyHeader(keys: one, algorithm: .chain).version == .chained)
        #expect(try PlayReadyHeader(keys: two, algorithm: .chain).version == .chained)
        #expect(throws: ProtectionSystemError.self) { try PlayReadyHeader(.one, keys: two, algorithm: .counter) }
        #expect(throws: ProtectionSystemError.self) { try PlayReadyHeader(.several, keys: two, algorithm: .chain) }
        #expect(throws: ProtectionSystemError.self) { try PlayReadyHeader(keys: [], algorithm: .counter) }
    }

    /// An example of Microsoft's documentation for content owners, with another layout than ours.
    @Test func aHeaderOfAnotherWriter() throws {
        let header = try PlayReadyHeader(
            parsing: """
                <?xml version='1.0'?>
                <WRMHEADER version="4.0.0.0"
                    xmlns="http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader">
                  <DATA>
                    <PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO>
                    <LA_URL>http://rm.contoso.com/rightsmanager.asmx</LA_URL>
                    <KID> lFmb2gxg0Cr5bfEnJXgJeA== </KID>
                    <CUSTOMATTRIBUTES><KID>x</KID><A/></CUSTOMATTRIBUTES>
                  </DATA>
                </WRMHEADER>
                """)
        #expect(header.keys.map(\.keyID.description) == ["da9b5994-600c-2ad0-f96d-f12725780978"])
        #expect(header.licenceURL == "http://rm.contoso.com/rightsmanager.asmx")
        #expect(header.algorithm == .counter)
    }

    static let malformedHeaders = [
        "", "<", "<a", "<a>", "<a></b>", "</a>", "<a/><b/>", "x<a/>", "<a b=c/>", "<a b='1' b='2'/>", "<a>&nbsp;</a>",
        "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a b='<'/>", "<!DOCTYPE a><a/>", "<a><!-- x --></a>",
        "<a><![CDATA[x]]></a>", "<?", "<a b='", "<a b", "<a b='1'c='2'/>", String(repeating: "<a>", count: 4000),
        String(repeating: "<a/>", count: 4000),
        "<WRMHEADER xmlns=\"urn:x\" version=\"4.0.0.0\"><DATA><KID>AwIBAAUEBwYICQoLDA0ODw==</KID></DATA></WRMHEADER>",
    ]

    @Test(arguments: malformedHeaders)
    func malformedMarkupIsRefused(xml: String) {
        #expect(throws: ProtectionSystemError.self) { try PlayReadyHeader(parsing: xml) }
    }

    static let space = "xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\""

    @Test(arguments: [
        "<WRMHEADER \(space) version=\"9.0.0.0\"><DATA><KID>AwIBAAUEBwYICQoLDA0ODw==</KID></DATA></WRMHEADER>",
        "<WRMHEADER \(space) version=\"4.0.0.0\"><DATA></DATA></WRMHEADER>",
        "<WRMHEADER \(space) version=\"4.0.0.0\"><DATA><KID>AwIBAAUEBwYICQoLDA0O</KID></DATA></WRMHEADER>",
        "<WRMHEADER \(space) version=\"4.0.0.0\"><DATA><KID>AwIBAAUEBwYICQoLDA0ODw==</KID>"
            + "<KID>AwIBAAUEBwYICQoLDA0ODw==</KID></DATA></WRMHEADER>",
        "<WRMHEADER \(space) version=\"4.2.0.0\"><DATA><PROTECTINFO><KIDS><KID></KID></KIDS></PROTECTINFO>"
            + "</DATA></WRMHEADER>",
        "<WRMHEADER \(space) version=\"4.2.0.0\"><DATA><PROTECTINFO><KIDS><KID ALGID=\"AESCBC\" "
            + "VALUE=\"AwIBAAUEBwYICQoLDA0ODw==\"></KID></KIDS></PROTECTINFO></DATA></WRMHEADER>",
    ])
    func headersThatContradictThemselvesAreRefused(xml: String) {
        #expect(throws: ProtectionSystemError.self) { try PlayReadyHeader(parsing: xml) }
    }

    @Test func headersAreBounded() throws {
        let keys = (0..<65).map { PlayReadyHeader.Key(Fixtures.keyID($0 % 16)) }
        #expect(throws: ProtectionSystemError.self) { try PlayReadyHeader(keys: keys, algorithm: .chain) }
        let long = try PlayReadyHeader(
            keys: [keys[0]], algorithm: .chain, licenceURL: String(repeating: "a", count: 8000))
        #expect(throws: ProtectionSystemError.self) { try PlayReadyObject(long) }
        #expect(throws: ProtectionSystemError.self) {
            try SystemHeader.headers(in: [UInt8](repeating: 0, count: SystemHeader.maximumSize + 1))
        }
        #expect(throws: ProtectionSystemError.self) {
            try SystemHeader.headers(in: (0..<33).flatMap { _ in SystemHeader.common(keyIDs: []).box })
        }
    }

    @Test func widevineDataIsReadBack() throws {
        let header = WidevineHeader(
            keyIDs: [Fixtures.keyID(), Fixtures.keyID(1)], scheme: .cbcs, contentID: Array("film".utf8))
        #expect(try WidevineHeader(parsing: header.serialized()) == header)
        // A field of another kind, groups, numbers without end, lengths beyond the end.
        for bytes: [UInt8] in [
            [0x12, 0x01, 0x00], [0x10, 0x01], [0x0B], [0x00, 0x01], [0x48] + [UInt8](repeating: 0xFF, count: 11),
            [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x12, 0x10, 0x00], [0x48, 0x01],
        ] {
            #expect(throws: ProtectionSystemError.self) { try WidevineHeader(parsing: bytes) }
        }
    }

    @Test func fairPlayURIsAreReadBack() {
        let uri = FairPlayKeyURI.text(licenceURL: "https://keys.example/keys/fairplay", keyID: Fixtures.keyID())
        #expect(uri == "skd://keys.example/keys/fairplay?kid=00010203-0405-0607-0809-0a0b0c0d0e0f")
        #expect(FairPlayKeyURI.keyID(of: uri) == Fixtures.keyID())
        for text in ["", "skd://", "skd://a", "skd://a?kid=", "https://a?kid=\(Fixtures.keyID())", "skd://a?x=1"] {
            #expect(FairPlayKeyURI.keyID(of: text) == nil)
        }
    }

    /// Thousands of damaged inputs: refused or read, never a trap.
    @Test func damagedDataIsNeverATrap() throws {
        var generator = Seeded(state: 0x5EED)
        let keyIDs = (0..<3).map { Fixtures.keyID($0) }
        let headers = try Fixtures.headers(.cenc, keyIDs: keyIDs, licenceURL: "https://a.example/?b=1&c=2")
        let boxes = headers.flatMap(\.box)
        var refused = 0
        for _ in 0..<4000 {
            if (try? SystemHeader.headers(in: generator.mutated(boxes))) == nil { refused += 1 }
            if (try? PlayReadyObject(parsing: generator.mutated(headers[1].data))) == nil { refused += 1 }
            if (try? WidevineHeader(parsing: generator.mutated(headers[2].data))) == nil { refused += 1 }
        }
        #expect(refused > 6000)
    }
}
