public import ContentKeys
import Foundation
import Markup
import ProtectionSystems

/// What is told of one key for one protection system. Nothing in it is secret.
public struct ProtectionSystemData: Sendable, Hashable {
    /// A whole `pssh` box.
    public var pssh: [UInt8]?
    /// What stands within the `ContentProtection` element of an MPD: XML that declares its own namespaces.
    public var contentProtection: String?
    /// What stands in HLS media playlists: `#EXT-X-KEY` and what belongs to it.
    public var mediaPlaylist: String?
    /// What stands in the multivariant playlist: `#EXT-X-SESSION-KEY`.
    public var multivariantPlaylist: String?
    /// The protection header of Smooth Streaming, in base64.
    public var smoothHeader: String?

    public init(
        pssh: [UInt8]? = nil, contentProtection: String? = nil, mediaPlaylist: String? = nil,
        multivariantPlaylist: String? = nil, smoothHeader: String? = nil
    ) {
        self.pssh = pssh
        self.contentProtection = contentProtection
        self.mediaPlaylist = mediaPlaylist
        self.multivariantPlaylist = multivariantPlaylist
        self.smoothHeader = smoothHeader
    }
}

/// Where the data of protection systems comes from.
public protocol ProtectionSystemSource: Sendable {
    /// - Parameters:
    ///   - systemID: a UUID, lower case and dashed.
    ///   - type: of the key: says the protection scheme.
    /// - Returns: nil for a system that is not known.
    func data(of keyID: KeyID, systemID: String, type: ContentKeyType) throws -> ProtectionSystemData?
}

/// Every system that this service knows: what an encryptor writes leads players back here, for keys and for licences.
public struct ServedProtectionSystems: ProtectionSystemSource {
    /// The start of key URLs, without a slash at its end.
    private let keyBaseURL: @Sendable () -> String

    public init(keyBaseURL: @escaping @Sendable () -> String) {
        self.keyBaseURL = keyBaseURL
    }

    public func data(of keyID: KeyID, systemID: String, type: ContentKeyType) throws -> ProtectionSystemData? {
        let scheme: CommonScheme? =
            switch type {
            case .common: .cenc
            case .commonCbcs: .cbcs
            case .envelope, .storage: nil
            }
        switch (ProtectionSystemID(rawValue: systemID), scheme) {
        case (.common, _): return common(keyID, scheme)
        case (.clearKey, _): return clearKey(keyID, scheme)
        case (.widevine, let scheme?): return widevine(keyID, scheme)
        case (.playReady, let scheme?): return try playReady(keyID, scheme)
        case (.fairPlay, .cbcs?): return fairPlay(keyID)
        case (.widevine, nil), (.playReady, nil), (.fairPlay, _), (nil, _): return nil
        }
    }

    private func common(_ keyID: KeyID, _ scheme: CommonScheme?) -> ProtectionSystemData {
        // Whole segments have no boxes that a header could stand beside.
        guard scheme != nil else { return ProtectionSystemData() }
        let pssh = SystemHeader.common(keyIDs: [keyID]).box
        return ProtectionSystemData(pssh: pssh, contentProtection: Self.element(pssh))
    }

    private func clearKey(_ keyID: KeyID, _ scheme: CommonScheme?) -> ProtectionSystemData {
        let attributes =
            "METHOD=\(scheme.map(Self.method) ?? "AES-128"),URI=\"\(keyBaseURL())/keys/aes?kid=\(keyID)\","
            + "KEYFORMAT=\"identity\""
        return ProtectionSystemData(
            contentProtection: scheme == nil ? nil : licences("/keys/clearkey"),
            mediaPlaylist: "#EXT-X-KEY:\(attributes)", multivariantPlaylist: "#EXT-X-SESSION-KEY:\(attributes)")
    }

    private func widevine(_ keyID: KeyID, _ scheme: CommonScheme) -> ProtectionSystemData {
        let pssh = SystemHeader.widevine(WidevineHeader(keyIDs: [keyID], scheme: scheme)).box
        let digits = keyID.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return playlists(
            ProtectionSystemData(
                pssh: pssh, contentProtection: licences("/keys/widevine?kid=\(keyID)") + Self.element(pssh)),
            "METHOD=\(Self.method(scheme)),URI=\"data:text/plain;base64,\(Data(pssh).base64EncodedString())\","
                + "KEYID=0x\(digits),KEYFORMAT=\"urn:uuid:\(ProtectionSystemID.widevine.rawValue)\","
                + "KEYFORMATVERSIONS=\"1\"")
    }

    private func playReady(_ keyID: KeyID, _ scheme: CommonScheme) throws -> ProtectionSystemData {
        // Without the checksum, which says something of the key.
        let object = try PlayReadyObject(
            try PlayReadyHeader(
                keys: [PlayReadyHeader.Key(keyID, checksum: nil)], algorithm: scheme == .cenc ? .counter : .chain,
                licenceURL: keyBaseURL() + "/keys/playready"))
        let pssh = SystemHeader.playReady(object).box
        let text = Data(object.serialized()).base64EncodedString()
        return playlists(
            ProtectionSystemData(
                pssh: pssh,
                contentProtection: licences("/keys/playready") + Self.element(pssh)
                    + "<mspr:pro xmlns:mspr=\"urn:microsoft:playready\">\(text)</mspr:pro>",
                smoothHeader: text),
            "METHOD=\(Self.method(scheme)),URI=\"data:text/plain;charset=UTF-16;base64,\(text)\","
                + "KEYFORMAT=\"com.microsoft.playready\",KEYFORMATVERSIONS=\"1\"")
    }

    private func fairPlay(_ keyID: KeyID) -> ProtectionSystemData {
        let uri = FairPlayKeyURI.text(licenceURL: keyBaseURL() + "/keys/fairplay", keyID: keyID)
        return playlists(
            ProtectionSystemData(),
            "METHOD=SAMPLE-AES,URI=\"\(uri)\",KEYFORMAT=\"com.apple.streamingkeydelivery\",KEYFORMATVERSIONS=\"1\"")
    }

    private func playlists(_ data: ProtectionSystemData, _ attributes: String) -> ProtectionSystemData {
        var data = data
        data.mediaPlaylist = "#EXT-X-KEY:\(attributes)"
        data.multivariantPlaylist = "#EXT-X-SESSION-KEY:\(attributes)"
        return data
    }

    private func licences(_ path: String) -> String {
        "<dashif:Laurl xmlns:dashif=\"https://dashif.org/CPS\">\((keyBaseURL() + path).escapedForXML)</dashif:Laurl>"
    }

    private static func element(_ pssh: [UInt8]) -> String {
        "<cenc:pssh xmlns:cenc=\"urn:mpeg:cenc:2013\">\(Data(pssh).base64EncodedString())</cenc:pssh>"
    }

    /// rfc8216bis, 4.4.4.4.
    private static func method(_ scheme: CommonScheme) -> String {
        scheme == .cbcs ? "SAMPLE-AES" : "SAMPLE-AES-CTR"
    }
}
