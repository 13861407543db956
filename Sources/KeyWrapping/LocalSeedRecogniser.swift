public import ContentKeys
public import Policies

/// Recognises KIDs with seeds that this process can open.
public struct LocalSeedRecogniser: KeySeedRecogniser {
    private let wrapping: KeyWrapping

    public init(wrapping: KeyWrapping) {
        self.wrapping = wrapping
    }

    public func owns(_ keyID: KeyID, _ seed: WrappedKeySeed) -> Bool {
        guard keyID.version == SeedKeyID.version else { return false }
        // A seed that does not open claims nothing.
        return (try? wrapping.withSeed(seed) { try SeedKeyID.isOwn(keyID, $0, seed.type) }) ?? false
    }
}
