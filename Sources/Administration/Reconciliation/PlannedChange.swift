/// One line of a diff between documents and catalog.
public struct PlannedChange: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What will be done.
    public enum Action: String, Sendable, Hashable, Codable {
        case create
        case update
        case unchanged
        case delete
    }

    public var action: Action
    public var kind: Document.Kind
    public var name: String
    /// What differs, field by field, as a person reads it; empty unless something is updated.
    public var differences: [String]

    public init(_ action: Action, _ kind: Document.Kind, _ name: String, differences: [String] = []) {
        self.action = action
        self.kind = kind
        self.name = name
        self.differences = differences
    }

    /// `create DeliveryPolicy hls-aes`; with the differences after a colon.
    public var description: String {
        let line = "\(action.rawValue) \(kind.rawValue) \(name)"
        return differences.isEmpty ? line : line + ": " + differences.joined(separator: "; ")
    }
}
