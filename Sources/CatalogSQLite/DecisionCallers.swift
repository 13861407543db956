/// How many callers come again and again for decisions, and how many of them a commit waits for.
///
/// A commit costs what twenty decisions cost, so it waits for those that were answered together: they come again together. Of
/// many it does not wait for the last: they are decided on while the disk has the commit of the others, when nobody would have
/// anything else to do.
struct DecisionCallers {
    /// Those of the last commits, and the last ones that missed them.
    private(set) var count = 1

    /// From so many on, some are not waited for: of fewer, the last ones are worth more in the commit.
    private static let fewestForLate = 48
    /// One caller after the other must not be held up.
    private static let fewestToExpect = 4

    /// Whether a commit waits for any.
    var areExpected: Bool { count >= Self.fewestToExpect }

    /// How many are not waited for.
    var late: Int { count < Self.fewestForLate ? 0 : count / 8 }

    /// How many a commit waits for.
    var awaited: Int { count - late }

    /// Fewer than before are believed only little by little: some may just have missed the commit.
    ///
    /// - Parameters:
    ///   - decisions: of a commit, none of whose callers has heard of it yet.
    ///   - waiting: how many came meanwhile.
    mutating func committed(_ decisions: Int, waiting: Int) {
        count = max(decisions + (late > 0 ? waiting : 0), count - max(count / 8, 1))
    }
}
