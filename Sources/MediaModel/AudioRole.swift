/// What a track of sound is for, when it is not simply the sound of the pictures.
public enum AudioRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// People speak about what is shown.
    case commentary
    /// The sound, and what is shown in words, for those who do not see it.
    case description
}
