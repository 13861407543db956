public import ContentKeys
public import ISOBaseMedia
public import MediaModel

/// How one track of an asset version is protected: all that plans and boxes need, without the key's bytes.
public struct ProtectionParameters: Sendable, Hashable {
    public var scheme: ProtectionScheme
    public var keyID: KeyID
    /// What the catalog gave to this track under this key.
    public var number: IVNumber

    public init(scheme: ProtectionScheme, keyID: KeyID, number: IVNumber) {
        self.scheme = scheme
        self.keyID = keyID
        self.number = number
    }

    /// What the init segment says. The key is needed because the constant IV of `cbcs` comes from it.
    ///
    /// - Throws: `MediaEncryptionError` when the key is not of the scheme's type.
    public func trackProtection(
        of kind: TrackKind, key: ContentKey
    ) throws(MediaEncryptionError) -> TrackProtection {
        TrackProtection(scheme: scheme.rules.code, sampleProtection: try sampleProtection(of: kind, key: key))
    }

    /// What `tenc` says, or `seig` of fragments under another key than the init segment's.
    ///
    /// - Throws: `MediaEncryptionError` when the key is not of the scheme's type.
    public func sampleProtection(
        of kind: TrackKind, key: ContentKey
    ) throws(MediaEncryptionError) -> SampleProtection {
        SampleProtection(
            keyID: keyID.boxBytes, pattern: scheme.rules.pattern(for: kind),
            initializationVector: try scheme.rules.trackIV(number, key: key))
    }

    /// As long as what `sampleProtection` gives, without its IV: for what only asks where bytes lie.
    public func sampleProtectionWithoutIV(of kind: TrackKind) -> SampleProtection {
        SampleProtection(
            keyID: keyID.boxBytes, pattern: scheme.rules.pattern(for: kind),
            initializationVector: scheme == .cbcs
                ? .constant([UInt8](repeating: 0, count: 16)) : .perSample(size: 8))
    }
}

extension KeyID {
    /// The KID as boxes carry it, in textual order.
    var boxBytes: UUIDBytes {
        let bytes = bytes
        return UUIDBytes(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
