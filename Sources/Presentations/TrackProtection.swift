public import ContentKeys

/// How a track is encrypted and how a player comes by the key.
public enum TrackProtection: Sendable {
    /// Whole segments (HLS AES-128).
    case envelope(EnvelopeProtection)
    /// Samples (ISO/IEC 23001-7).
    case common(CommonProtection)

    func check(_ track: PresentedTrack) throws(PresentationError) {
        switch self {
        case .envelope(let envelope):
            let areWhole = envelope.vectors.enumerated().allSatisfy { number, vector in
                vector.count == (track.protection(ofSegment: number) == nil ? 0 : 16)
            }
            guard areWhole else { throw track.error("an IV is not 16 bytes") }
        case .common(let common):
            if let vector = common.constantVector, vector.count != 16 { throw track.error("an IV is not 16 bytes") }
        }
    }

    /// For what names segments: each has its IV.
    func checkVectors(_ track: PresentedTrack) throws(PresentationError) {
        guard case .envelope(let envelope) = self, envelope.vectors.count != track.segments.count else { return }
        throw track.error("there are \(envelope.vectors.count) IVs for \(track.segments.count) segments")
    }
}

/// AES-128-CBC over whole segments (RFC 8216, 4.3.2.4 and 5.2).
public struct EnvelopeProtection: Sendable {
    /// The key, by name.
    public var keyID: KeyID
    /// Where the 16 bytes of the key are had; relative to the media playlist, or absolute.
    public var keyURL: String
    /// One of 16 bytes for each segment, empty for one that the track's schedule leaves clear; none where only the multivariant playlist is made, which has no IVs.
    public var vectors: [[UInt8]]

    /// The key's bytes are no part of this.
    public init(keyID: KeyID, keyURL: String, vectors: [[UInt8]] = []) {
        self.keyID = keyID
        self.keyURL = keyURL
        self.vectors = vectors
    }
}

/// Common encryption of samples.
public struct CommonProtection: Sendable, Hashable {
    /// The protection scheme, written as its four-character code.
    public enum Scheme: String, Sendable {
        case cenc
        case cbcs
    }

    /// How samples are encrypted.
    public var scheme: Scheme
    /// The key, by name.
    public var keyID: KeyID
    /// For HLS: where the 16 bytes of the key are had; nil leaves players without a protection system without a key.
    public var keyURL: String?
    /// For HLS: what protection systems are told, in order.
    public var playlistKeys: [PlaylistKeySignal]
    /// For HLS: the constant IV of `cbcs`, 16 bytes, repeated in the playlist for players that do not read `tenc`.
    public var constantVector: [UInt8]?
    /// For DASH: what each protection system is told, in order.
    public var systems: [ProtectionSystemSignal]

    /// Signals nothing to any player unless it is given.
    public init(
        scheme: Scheme, keyID: KeyID, keyURL: String? = nil, constantVector: [UInt8]? = nil,
        systems: [ProtectionSystemSignal] = [], playlistKeys: [PlaylistKeySignal] = []
    ) {
        self.scheme = scheme
        self.keyID = keyID
        self.keyURL = keyURL
        self.playlistKeys = playlistKeys
        self.constantVector = constantVector
        self.systems = systems
    }
}

/// What a DASH manifest tells one protection system.
public struct ProtectionSystemSignal: Sendable, Hashable {
    /// Whose signal this is.
    public var system: ProtectionSystemID
    /// Where licences are asked for (`dashif:Laurl`).
    public var licenceURL: String?
    /// A whole `pssh` box in base64.
    public var pssh: String?
    /// A PlayReady Object in base64 (`mspr:pro`), for players that read no `pssh`.
    public var playReadyObject: String?

    /// Any part may be missing.
    public init(
        system: ProtectionSystemID, licenceURL: String? = nil, pssh: String? = nil, playReadyObject: String? = nil
    ) {
        self.system = system
        self.licenceURL = licenceURL
        self.pssh = pssh
        self.playReadyObject = playReadyObject
    }
}

/// What a media playlist tells one protection system: an `EXT-X-KEY` of its own (RFC 8216, 4.3.2.4).
public struct PlaylistKeySignal: Sendable, Hashable {
    /// By which players know their line.
    public enum KeyFormat: String, Sendable, Hashable, CaseIterable {
        case widevine = "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
        case playReady = "com.microsoft.playready"
        case fairPlay = "com.apple.streamingkeydelivery"
    }

    public var format: KeyFormat
    /// A `data:` URI with what the system reads, or a URI of its own scheme.
    public var uri: String

    public init(format: KeyFormat, uri: String) {
        self.format = format
        self.uri = uri
    }
}
