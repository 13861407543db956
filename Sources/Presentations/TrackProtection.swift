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
            guard envelope.vectors.count == track.segments.count else {
                throw track.error("there are \(envelope.vectors.count) IVs for \(track.segments.count) segments")
            }
            guard envelope.vectors.allSatisfy({ $0.count == 16 }) else { throw track.error("an IV is not 16 bytes") }
        case .common(let common):
            if let vector = common.constantVector, vector.count != 16 { throw track.error("an IV is not 16 bytes") }
        }
    }
}

/// AES-128-CBC over whole segments (RFC 8216, 4.3.2.4 and 5.2).
public struct EnvelopeProtection: Sendable {
    /// The key, by name.
    public var keyID: KeyID
    /// Where the 16 bytes of the key are had; relative to the media playlist, or absolute.
    public var keyURL: String
    /// One of 16 bytes for each segment.
    public var vectors: [[UInt8]]

    /// The key's bytes are no part of this.
    public init(keyID: KeyID, keyURL: String, vectors: [[UInt8]]) {
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
    /// For HLS: where the 16 bytes of the key are had; nil leaves the playlist without `EXT-X-KEY`.
    public var keyURL: String?
    /// For HLS: the constant IV of `cbcs`, 16 bytes, repeated in the playlist for players that do not read `tenc`.
    public var constantVector: [UInt8]?
    /// For DASH: what each protection system is told, in order.
    public var systems: [ProtectionSystemSignal]

    /// Signals nothing to any player unless it is given.
    public init(
        scheme: Scheme, keyID: KeyID, keyURL: String? = nil, constantVector: [UInt8]? = nil,
        systems: [ProtectionSystemSignal] = []
    ) {
        self.scheme = scheme
        self.keyID = keyID
        self.keyURL = keyURL
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

    /// Either part may be missing.
    public init(system: ProtectionSystemID, licenceURL: String? = nil, pssh: String? = nil) {
        self.system = system
        self.licenceURL = licenceURL
        self.pssh = pssh
    }
}
