/// How many callers come again and again for decisions, and how many of them a commit waits for.
///
/// A commit costs what twenty decisions cost, so it waits for those that were answered together: they come again together. Of
/// many it does not wait for the last: they are decided on while the disk has the commit of the others, when nobody would have
/// anything else to do.
struct DecisionCallers {
    private(set) var count = 1
    /// Whether the last commit had as many as it waited for.
    private(set) var areTogether = false

    /// More than this are not waited for.
    static let most = 1000
    /// From so many on, some are not waited for: of fewer, the last ones are worth more in the commit.
    private static let fewestForLate = 48
    /// One caller after the other must not be held up.
    private static let fewestToExpect = 4

    /// Whether a commit waits for any.
    var areExpected: Bool { count >= Self.fewestToExpect }

    /// How many a commit waits for.
    var awaited: Int { count < Self.fewestForLate ? count : count - count / 8 }

    /// Of many, those that came while the disk had the commit are the last of them, and counted, too. That there are fewer than
    /// before is believed when too few came, and only little by little: some may just have missed the commit.
    ///
    /// - Parameters:
    ///   - decisions: of a commit, none of whose callers has heard of it yet.
    ///   - waiting: how many came meanwhile.
    mutating func committed(_ decisions: Int, waiting: Int) {
        areTogether = decisions >= awaited
        let came = awaited < count ? decisions + waiting : decisions
        count = min(max(came, areTogether ? count : count - max(count / 8, 1)), Self.most)
    }
}
