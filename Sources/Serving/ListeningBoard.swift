import Synchronization

/// Tells of listeners once all of them accept: whoever reads the first line can use them all, and a program that cannot have an
/// address tells of none.
package final class ListeningBoard: Sendable {
    private struct State {
        var expected = 0
        var accepting: [(name: String, url: String)] = []
    }

    private let state = Mutex(State())
    private let tell: @Sendable (String, String) -> Void

    package init(_ tell: @escaping @Sendable (String, String) -> Void) {
        self.tell = tell
    }

    /// One more listener, before any of them runs.
    func expect() {
        state.withLock { $0.expected += 1 }
    }

    func accepts(_ name: String, _ url: String) {
        let all = state.withLock { state -> [(name: String, url: String)] in
            state.accepting.append((name, url))
            return state.accepting.count == state.expected ? state.accepting : []
        }
        for listener in all { tell(listener.name, listener.url) }
    }
}
