import Foundation

/// How much of what takes long the tests do: a sample, so that every change can wait for them, or all of it (`make test-all`,
/// `KEYWAY_TESTS=all`).
package enum Extent {
    package static let isWhole = ProcessInfo.processInfo.environment["KEYWAY_TESTS"] == "all"

    /// All of some cases, or every so-manieth.
    package static func sample<Case>(_ cases: [Case], every step: Int) -> [Case] {
        isWhole ? cases : cases.enumerated().filter { $0.offset % step == 0 }.map(\.element)
    }
}
