/// What becomes of a film whose edit list begins between two key frames: decoding must begin at a key frame, so without
/// encoding it cannot begin exactly there.
public enum CutRule: String, Sendable, Hashable, CaseIterable {
    /// The film is not taken.
    case refuse
    /// It begins at the key frame before: what was cut off there is shown.
    case earlier
    /// It begins at the next key frame: what lies between is lost.
    case later
}
