public import ContentKeys
import Foundation
import Markup

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

/// The systems that need no licence server but this service: W3C's common system, and ClearKey as DASH-IF signals it.
public struct OpenProtectionSystems: ProtectionSystemSource {
    /// The start of key URLs, without a slash at its end.
    private let keyBaseURL: @Sendable () -> String

    public init(keyBaseURL: @escaping @Sendable () -> String) {
        self.keyBaseURL = keyBaseURL
    }

    public func data(of keyID: KeyID, systemID: String, type: ContentKeyType) -> ProtectionSystemData? {
        switch ProtectionSystemID(rawValue: systemID) {
        case .common: return common(keyID, type)
        case .clearKey: return clearKey(keyID, type)
        default: return nil
        }
    }

    private func common(_ keyID: KeyID, _ type: ContentKeyType) -> ProtectionSystemData {
        // Whole segments have no boxes that a header could stand beside.
        guard type != .envelope else { return ProtectionSystemData() }
        let pssh = Self.commonHeader(keyID)
        let text = Data(pssh).base64EncodedString()
        return ProtectionSystemData(
            pssh: pssh, contentProtection: "<cenc:pssh xmlns:cenc=\"urn:mpeg:cenc:2013\">\(text)</cenc:pssh>")
    }

    private func clearKey(_ keyID: KeyID, _ type: ContentKeyType) -> ProtectionSystemData {
        let method =
            switch type {
            case .common: "SAMPLE-AES-CTR"
            case .commonCbcs: "SAMPLE-AES"
            case .envelope, .storage: "AES-128"
            }
        let base = keyBaseURL()
        let attributes = "METHOD=\(method),URI=\"\(base)/keys/aes?kid=\(keyID)\",KEYFORMAT=\"identity\""
        let licences = "\(base)/keys/clearkey".escapedForXML
        return ProtectionSystemData(
            contentProtection: type == .envelope
                ? nil : "<dashif:Laurl xmlns:dashif=\"https://dashif.org/CPS\">\(licences)</dashif:Laurl>",
            mediaPlaylist: "#EXT-X-KEY:\(attributes)", multivariantPlaylist: "#EXT-X-SESSION-KEY:\(attributes)")
    }

    /// The `pssh` of the common system for one key ("cenc" Initialization Data Format, section 4): version 1, the KID, no
    /// data. Written out, because the key service has no code that reads or writes media.
    private static func commonHeader(_ keyID: KeyID) -> [UInt8] {
        [0, 0, 0, 52] + Array("pssh".utf8) + [1, 0, 0, 0] + ProtectionSystemID.common.bytes + [0, 0, 0, 1]
            + keyID.bytes + [0, 0, 0, 0]
    }
}
