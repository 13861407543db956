/// What a text track is for.
public struct TextFormat: Sendable, Hashable, Codable {
    public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
        /// What is said, in another language.
        case subtitle
        /// What is said and what else is heard, for those who do not hear it.
        case caption
        /// What a viewer who knows the language of the sound needs all the same: signs, and what is said in others.
        case forced
    }

    public var role: Role
    /// Whether it was made from another track of the version, for formats that carry no other form.
    public var isConverted: Bool

    public init(role: Role, isConverted: Bool = false) {
        self.role = role
        self.isConverted = isConverted
    }
}
