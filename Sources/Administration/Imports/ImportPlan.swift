public import AzureImport
import Catalog

/// What an import would do. Making one changes nothing.
public struct ImportPlan: Sendable {
    /// Secrets, authorization policies, delivery policies, content keys.
    public internal(set) var changes: [ImportedChange] = []
    /// About what is not here as it was there, in the exports' order.
    public internal(set) var findings: [ImportFinding] = []
    /// What the catalog has already, and otherwise. A plan with contradictions or with errors is not applied.
    public internal(set) var contradictions: [String] = []

    var steps: [CatalogChange] = []

    /// Whether something is missing that was in the exports.
    public var losesSomething: Bool { findings.contains(where: \.isLoss) }
}

/// One line of what an import makes. Never shows a secret's or a key's value.
public struct ImportedChange: Sendable, Hashable, Codable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable, Codable {
        case secret = "Secret"
        case authorizationPolicy = "AuthorizationPolicy"
        case deliveryPolicy = "DeliveryPolicy"
        case contentKey = "ContentKey"
    }

    /// `create` or `unchanged`: an import changes nothing that is there.
    public var action: PlannedChange.Action
    public var kind: Kind
    /// Of a content key, its KID.
    public var name: String
    /// What else there is to know of it.
    public var detail: String?

    init(_ action: PlannedChange.Action, _ kind: Kind, _ name: String, detail: String? = nil) {
        self.action = action
        self.kind = kind
        self.name = name
        self.detail = detail
    }

    /// `create ContentKey 00112233-…: envelope, policy subscribers`.
    public var description: String {
        "\(action.rawValue) \(kind.rawValue) \(name)" + (detail.map { ": \($0)" } ?? "")
    }
}

/// An import that was not done, with every reason.
public struct ImportRejected: Error, Sendable, CustomStringConvertible {
    public var reasons: [String]

    public var description: String { (["nothing was imported:"] + reasons).joined(separator: "\n") }
}
