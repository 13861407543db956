import ContentKeys
import Cryptography
import Foundation
import Policies
import Presentations
import ProtectionSystems

/// What the protection systems of a delivery policy are told of the keys of a track: in init segments, in DASH and in HLS. One place,
/// so that a player finds the same in each.
struct SystemSignals {
    let scheme: CommonScheme
    /// Of the crypto period that is spoken of.
    let keyID: KeyID
    /// Of the other periods: init segments and DASH name all, so that one licence has them.
    let others: [KeyID]
    /// PlayReady's, by which a client sees that a key is the right one.
    let checksum: KeyChecksum?
    let systems: Set<SignalledSystem>

    init(
        scheme: CommonScheme, keyID: KeyID, key: ContentKey, others: [KeyID] = [], systems: Set<SignalledSystem>
    ) throws {
        self.scheme = scheme
        self.keyID = keyID
        self.others = others
        self.systems = systems
        // It tells something of the key, so it is made only for whom it is meant.
        guard systems.contains(.playready), scheme == .cenc else {
            checksum = nil
            return
        }
        let block = try key.withUnsafeBytes { try AESBlock.encrypt(keyID.littleEndianBytes, key: $0) }
        checksum = KeyChecksum(bytes: block.prefix(KeyChecksum.size))
    }

    /// For an init segment. No address is in them: caches keep init segments for good, and a service may move.
    func headers() throws -> [SystemHeader] {
        try SignalledSystem.allCases.filter(systems.contains).compactMap {
            try header(of: $0, [keyID] + others, licenceURL: nil)
        }
    }

    /// For a DASH manifest. FairPlay has no form there.
    func descriptors(_ licences: LicenceURLs) throws -> [ProtectionSystemSignal] {
        try SignalledSystem.allCases.filter(systems.contains).flatMap { system -> [ProtectionSystemSignal] in
            let keyIDs = [keyID] + others
            let pssh = try header(of: system, keyIDs, licenceURL: licences.playReady).map {
                Data($0.box).base64EncodedString()
            }
            switch system {
            case .clearkey:
                return [
                    ProtectionSystemSignal(system: .common, pssh: pssh),
                    ProtectionSystemSignal(system: .clearKey, licenceURL: licences.clearKey),
                ]
            case .widevine:
                return [ProtectionSystemSignal(system: .widevine, licenceURL: licences.widevine, pssh: pssh)]
            case .playready:
                let object = Data(try playReadyObject(keyIDs, licences.playReady).serialized()).base64EncodedString()
                return [
                    ProtectionSystemSignal(
                        system: .playReady, licenceURL: licences.playReady, pssh: pssh, playReadyObject: object)
                ]
            case .fairplay: return []
            }
        }
    }

    /// For a media playlist, besides the key's own URL.
    func playlistKeys(_ licences: LicenceURLs) throws -> [PlaylistKeySignal] {
        try SignalledSystem.allCases.filter(systems.contains).compactMap { system -> PlaylistKeySignal? in
            switch system {
            case .clearkey: return nil
            case .widevine:
                guard let header = try header(of: system, [keyID], licenceURL: nil) else { return nil }
                return PlaylistKeySignal(
                    format: .widevine, uri: "data:text/plain;base64," + Data(header.box).base64EncodedString())
            case .playready:
                let object = Data(try playReadyObject([keyID], licences.playReady).serialized()).base64EncodedString()
                return PlaylistKeySignal(format: .playReady, uri: "data:text/plain;charset=UTF-16;base64," + object)
            case .fairplay:
                return PlaylistKeySignal(
                    format: .fairPlay, uri: FairPlayKeyURI.text(licenceURL: licences.fairPlay, keyID: keyID))
            }
        }
    }

    private func header(
        of system: SignalledSystem, _ keyIDs: [KeyID], licenceURL: String?
    ) throws -> SystemHeader? {
        switch system {
        case .clearkey: .common(keyIDs: keyIDs)
        case .widevine: .widevine(WidevineHeader(keyIDs: keyIDs, scheme: scheme))
        case .playready: .playReady(try playReadyObject(keyIDs, licenceURL))
        // FairPlay players go by the playlist alone.
        case .fairplay: nil
        }
    }

    private func playReadyObject(_ keyIDs: [KeyID], _ licenceURL: String?) throws -> PlayReadyObject {
        try PlayReadyObject(
            try PlayReadyHeader(
                keys: keyIDs.map { PlayReadyHeader.Key($0, checksum: $0 == keyID ? checksum : nil) },
                algorithm: scheme == .cenc ? .counter : .chain, licenceURL: licenceURL))
    }
}

/// Where the players of a presentation ask for licences: always this service, which authorises and hands on.
struct LicenceURLs {
    /// What players reach the key service by, without a slash at its end.
    let base: String
    /// The keys of all tracks of the presentation: Widevine players ask all their questions at one address, and the first
    /// one, for a service certificate, names no key.
    let keyIDs: [KeyID]

    /// The keys of the presentation; of one track where one licence could not name them all.
    init(base: String, keyIDs: [KeyID], of track: PlannedTrack? = nil) {
        self.base = base
        self.keyIDs = keyIDs.count > Self.mostKeys ? track?.keys.map(\.keyID) ?? keyIDs : keyIDs
    }

    /// That one request for a licence may name.
    private static let mostKeys = 64

    var clearKey: String { base + "/keys/clearkey" }
    var playReady: String { base + "/keys/playready" }
    var fairPlay: String { base + "/keys/fairplay" }
    var widevine: String { base + "/keys/widevine?kid=" + keyIDs.map(\.description).joined(separator: ",") }
}
