import ContentKeys
import Foundation
import ISOBaseMedia
import KeyExchange
import Markup
import MediaEncryption
import Testing

@Suite struct SystemTests {
    private let systems = OpenProtectionSystems(keyBaseURL: { "https://keys.example/a&b" })
    private static let keyID = KeyID.random()

    @Test(arguments: [ContentKeyType.common, .commonCbcs])
    func theCommonHeaderIsTheOrigins(type: ContentKeyType) throws {
        let data = try #require(
            systems.data(of: Self.keyID, systemID: ProtectionSystemID.common.rawValue, type: type))
        #expect(data.pssh == CommonSystem.header(keyIDs: [Self.keyID]).serialized())
        let xml = try #require(data.contentProtection)
        let element = try Array(xml.utf8).withUnsafeBytes { try MarkupDocument($0) }.root
        #expect(element.name == MarkupName("urn:mpeg:cenc:2013", "pssh"))
        #expect(element.text == Data(data.pssh ?? []).base64EncodedString())
    }

    @Test func clearKeySaysWhereKeysAre() throws {
        let data = try #require(
            systems.data(of: Self.keyID, systemID: ProtectionSystemID.clearKey.rawValue, type: .commonCbcs))
        let xml = try #require(data.contentProtection)
        let element = try Array(xml.utf8).withUnsafeBytes { try MarkupDocument($0) }.root
        #expect(element.name == MarkupName("https://dashif.org/CPS", "Laurl"))
        #expect(element.text == "https://keys.example/a&b/keys/clearkey")
        let line = try #require(data.mediaPlaylist)
        #expect(line.hasPrefix("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"https://keys.example/a&b/keys/aes?kid="))
        #expect(data.multivariantPlaylist?.hasPrefix("#EXT-X-SESSION-KEY:") == true && data.pssh == nil)
    }

    @Test func othersAreUnknown() {
        #expect(systems.data(of: Self.keyID, systemID: "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed", type: .common) == nil)
        #expect(systems.data(of: Self.keyID, systemID: "", type: .common) == nil)
    }
}
