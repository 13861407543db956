/// How many of something there are, for people: `1 error`, `2 errors`.
public enum CountText {
    /// - Parameters:
    ///   - one: what one of them is called.
    ///   - many: what several are called; nil for the same word with an `s`.
    public static func text(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }
}
