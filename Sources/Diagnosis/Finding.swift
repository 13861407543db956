import Catalog

/// What an examination found of one thing.
public struct Finding: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
        case ok
        /// It works, and somebody should look at it.
        case warning
        /// Something does not work, or will not when it is needed.
        case error

        public static func < (left: State, right: State) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    /// What was looked at. Stable: scripts may know it.
    public var check: String
    public var state: State
    /// What was found, and what it means.
    public var text: String
    /// What to do; nil where there is nothing to do.
    public var action: String?

    static func ok(_ check: String, _ text: String) -> Finding {
        Finding(check: check, state: .ok, text: text)
    }

    static func warning(_ check: String, _ text: String, _ action: String) -> Finding {
        Finding(check: check, state: .warning, text: text, action: action)
    }

    static func error(_ check: String, _ text: String, _ action: String) -> Finding {
        Finding(check: check, state: .error, text: text, action: action)
    }

    /// One finding of many of the same kind: the first few are named.
    static func listed(
        _ check: String, _ state: State, _ what: (one: String, many: String), _ names: [String], _ action: String
    ) -> [Finding] {
        guard !names.isEmpty else { return [] }
        let more = names.count > 5 ? " and \(names.count - 5) more" : ""
        return [
            Finding(
                check: check, state: state,
                text:
                    "\(CountText.text(names.count, what.one, what.many)): \(names.prefix(5).joined(separator: ", "))\(more)",
                action: action)
        ]
    }
}
