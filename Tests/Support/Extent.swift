import Foundation

/// How much of what takes long the tests do: a sample, so that every change can wait for them, or all of it (`make test-all`,
/// `KEYWAY_TESTS=all`).
package enum Extent {
    package static let isWhole = ProcessInfo.processInfo.environment["KEYWAY_TESTS"] == "all"

    /// What a variable says of something that takes longest, which may be run by itself; where it says nothing, `all` of it is run
    /// with all tests.
    package static func said(by variable: String) -> String {
        ProcessInfo.processInfo.environment[variable] ?? (isWhole ? "all" : "")
    }

    /// All of some cases, or every so-manieth.
    package static func sample<Case>(_ cases: [Case], every step: Int) -> [Case] {
        isWhole ? cases : cases.enumerated().filter { $0.offset % step == 0 }.map(\.element)
    }

    /// Every case with every other, or each with one of the others in turn.
    package static func pairs<Case, Other>(_ cases: [Case], _ others: [Other]) -> [(Case, Other)] {
        guard !isWhole, others.count > 1 else { return cases.flatMap { one in others.map { (one, $0) } } }
        // With as many of both each would always meet the same.
        return cases.enumerated().map { ($0.element, others[($0.offset + $0.offset / others.count) % others.count]) }
    }
}
