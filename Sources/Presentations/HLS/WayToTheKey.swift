import ContentKeys

/// One way to a track's key, as playlists say it: in EXT-X-KEY of a media playlist (RFC 8216, 4.3.2.4), and the same to the
/// byte, but without an IV, in EXT-X-SESSION-KEY of the multivariant playlist (4.3.4.5).
struct WayToTheKey: Hashable {
    /// `AES-128`; `SAMPLE-AES`, which is cbcs in fragmented MP4; `SAMPLE-AES-CTR`, which is cenc (rfc8216bis, 4.4.4.4).
    let method: String
    let uri: String
    /// Which key this is, for players that choose among tracks before they read an init segment.
    var keyID: [UInt8]?
    /// Nil for what players know without it: the 16 bytes of the key for whole segments.
    var format: String?
    /// Whether players take the IV from here.
    var takesVector = false

    func line(_ tag: StaticString, vector: [UInt8]?) -> String {
        var key = PlaylistAttributes()
        key.set("METHOD", method)
        key.set("URI", url: uri)
        if takesVector, let vector { key.set("IV", hexadecimal: vector) }
        if let keyID { key.set("KEYID", hexadecimal: keyID) }
        if let format {
            key.set("KEYFORMAT", quoted: format)
            key.set("KEYFORMATVERSIONS", quoted: "1")
        }
        return key.line(tag)
    }
}

extension TrackProtection {
    /// Every way to the key. Its own URL comes last: players that know no key format take the last line that there is.
    var waysToTheKey: [WayToTheKey] {
        switch self {
        case .envelope(let envelope):
            return [WayToTheKey(method: "AES-128", uri: envelope.keyURL, takesVector: true)]
        case .common(let common):
            let method = common.scheme == .cbcs ? "SAMPLE-AES" : "SAMPLE-AES-CTR"
            let systems = common.playlistKeys.map { signal in
                WayToTheKey(
                    method: method, uri: signal.uri, keyID: signal.format == .widevine ? common.keyID.bytes : nil,
                    format: signal.format.rawValue)
            }
            let identity = common.keyURL.map {
                WayToTheKey(method: method, uri: $0, format: "identity", takesVector: common.scheme == .cbcs)
            }
            return systems + (identity.map { [$0] } ?? [])
        }
    }
}
