import ContentKeys
import Foundation
import KeyExchange
import Markup
import ProtectionSystems
import Testing

@Suite struct SystemTests {
    private let systems = ServedProtectionSystems(keyBaseURL: { "https://keys.example/a&b" })
    private static let keyID = KeyID.random()

    @Test(arguments: [ContentKeyType.common, .commonCbcs])
    func theCommonHeaderIsTheOrigins(type: ContentKeyType) throws {
        let data = try #require(
            try systems.data(of: Self.keyID, systemID: ProtectionSystemID.common.rawValue, type: type))
        #expect(data.pssh == SystemHeader.common(keyIDs: [Self.keyID]).box)
        let xml = try #require(data.contentProtection)
        let element = try Array(xml.utf8).withUnsafeBytes { try MarkupDocument($0) }.root
        #expect(element.name == MarkupName("urn:mpeg:cenc:2013", "pssh"))
        #expect(element.text == Data(data.pssh ?? []).base64EncodedString())
    }

    @Test func clearKeySaysWhereKeysAre() throws {
        let data = try #require(
            try systems.data(of: Self.keyID, systemID: ProtectionSystemID.clearKey.rawValue, type: .commonCbcs))
        let xml = try #require(data.contentProtection)
        let element = try Array(xml.utf8).withUnsafeBytes { try MarkupDocument($0) }.root
        #expect(element.name == MarkupName("https://dashif.org/CPS", "Laurl"))
        #expect(element.text == "https://keys.example/a&b/keys/clearkey")
        let line = try #require(data.mediaPlaylist)
        #expect(line.hasPrefix("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"https://keys.example/a&b/keys/aes?kid="))
        #expect(data.multivariantPlaylist?.hasPrefix("#EXT-X-SESSION-KEY:") == true && data.pssh == nil)
    }

    /// Each system's header names the key, its XML can be read, and its playlist line leads where it should.
    @Test(arguments: [ContentKeyType.common, .commonCbcs])
    func systemsWithLicenceServers(type: ContentKeyType) throws {
        let widevine = try #require(
            try systems.data(of: Self.keyID, systemID: ProtectionSystemID.widevine.rawValue, type: type))
        let header = try #require(try SystemHeader.headers(in: widevine.pssh ?? []).first)
        #expect(try WidevineHeader(parsing: header.data).keyIDs == [Self.keyID])
        #expect(widevine.mediaPlaylist?.contains("KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\"") == true)
        let playReady = try #require(
            try systems.data(of: Self.keyID, systemID: ProtectionSystemID.playReady.rawValue, type: type))
        let object = try #require(Data(base64Encoded: playReady.smoothHeader ?? ""))
        #expect(try PlayReadyObject(parsing: Array(object)).header.keys.map(\.keyID) == [Self.keyID])
        for data in [widevine, playReady] {
            let xml = "<a>\(try #require(data.contentProtection))</a>"
            let names = try Array(xml.utf8).withUnsafeBytes { try MarkupDocument($0) }.root.children.map(\.name)
            #expect(names.contains(MarkupName("urn:mpeg:cenc:2013", "pssh")))
            #expect(names.contains(MarkupName("https://dashif.org/CPS", "Laurl")))
        }
        let fairPlay = try systems.data(of: Self.keyID, systemID: ProtectionSystemID.fairPlay.rawValue, type: type)
        #expect((fairPlay != nil) == (type == .commonCbcs))
        if let fairPlay { #expect(fairPlay.mediaPlaylist?.contains("URI=\"skd://") == true && fairPlay.pssh == nil) }
    }

    @Test func othersAreUnknown() throws {
        for system in ["00000000-79d6-4ace-a3c8-27dcd51d21ed", ""] {
            #expect(try systems.data(of: Self.keyID, systemID: system, type: .common) == nil)
        }
        for system in [ProtectionSystemID.widevine, .playReady, .fairPlay] {
            #expect(try systems.data(of: Self.keyID, systemID: system.rawValue, type: .envelope) == nil)
        }
    }
}
