public import ContentKeys

/// Tells which KIDs belong to a key seed although no record says so.
public protocol KeySeedRecogniser: Sendable {
    /// Whether the KID was made by this installation for the seed. False for KIDs made elsewhere, and whenever in doubt.
    func owns(_ keyID: KeyID, _ seed: WrappedKeySeed) -> Bool
}
