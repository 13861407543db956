import Testing

@testable import CatalogSQLite

/// How many decisions a commit waits for.
@Suite struct DecisionCallersTests {
    /// Callers that ask again as soon as they are answered: all of a commit, and then those that missed it.
    ///
    /// - Parameter late: how many of those come while the disk has the commit.
    private static func callers(
        _ number: Int, late: Int = .max, commits: Int, _ callers: DecisionCallers = DecisionCallers()
    ) -> DecisionCallers {
        var callers = callers
        for _ in 0..<commits {
            let decisions = callers.areExpected ? min(callers.awaited, number) : min(number, 1)
            callers.committed(decisions, waiting: min(number - decisions, late))
        }
        return callers
    }

    @Test func nobodyIsWaitedForAtFirst() {
        #expect(!DecisionCallers().areExpected)
        #expect(!Self.callers(1, commits: 100).areExpected)
    }

    @Test(arguments: [4, 16, 47]) func ofFewAllAreAwaited(number: Int) {
        var callers = DecisionCallers()
        callers.committed(number, waiting: 0)
        callers = Self.callers(number, commits: 100, callers)
        #expect(callers.areExpected && callers.awaited == number)
    }

    /// Those that come while the disk has the commit are no new ones, and those that come after do not fall out of the count.
    @Test(arguments: [(48, 42), (64, 56), (100, 88), (1000, 875)], [Int.max, 5, 0])
    func ofManyTheLastAreNotAwaited(numbers: (all: Int, awaited: Int), late: Int) {
        var callers = DecisionCallers()
        callers.committed(numbers.all, waiting: 0)
        callers = Self.callers(numbers.all, late: late, commits: 100, callers)
        #expect(callers.count == numbers.all && callers.awaited == numbers.awaited)
    }

    @Test func noMoreAreAwaitedThanACommitTakes() {
        var callers = DecisionCallers()
        callers.committed(1000, waiting: 20_000)
        callers.committed(1000, waiting: 20_000)
        #expect(callers.count == DecisionCallers.most)
    }

    @Test(arguments: [(64, 10), (1000, 64), (48, 4), (10, 1)]) func whoGoesIsForgotten(before: Int, after: Int) {
        var callers = DecisionCallers()
        callers.committed(before, waiting: 0)
        var commits = 0
        while callers.awaited > after, commits < 100 {
            callers.committed(after, waiting: 0)
            commits += 1
        }
        #expect(callers.awaited <= after && callers.count >= after && commits > 1)
    }

    /// Of few, who comes while the disk has a commit has a rhythm of its own, and is not held up for the others.
    @Test func ofFewWhoMissesACommitIsNotAwaitedForIt() {
        var callers = DecisionCallers()
        callers.committed(3, waiting: 1)
        #expect(callers.count == 3)
    }
}
