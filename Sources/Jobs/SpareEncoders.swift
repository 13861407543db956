/// Places for encoders that no task has taken: an encode in pieces may use them besides its own.
struct SpareEncoders: Sendable {
    /// Takes one; false when there is none.
    var take: @Sendable () -> Bool
    var giveBack: @Sendable () -> Void

    static let none = SpareEncoders(take: { false }, giveBack: {})
}
