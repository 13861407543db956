import Catalog
import Policies

/// Hands a content key out: encrypted to a public key, or as it is when that is asked for in so many words.
public struct ExportKey: OperatorVerb {
    /// The key's id or name.
    public var name: String
    /// An RSA public key or certificate in PEM; nil for the key as it is.
    public var recipient: String?
    /// Whether the key as it is was asked for in so many words.
    public var confirmed: Bool?

    public init(name: String, recipient: String?, confirmed: Bool?) {
        self.name = name
        self.recipient = recipient
        self.confirmed = confirmed
    }

    public func run(in context: OperatorContext) async throws -> KeyExportReport {
        let form: KeyOperations.ExportForm =
            recipient.map { .wrapped(recipientPEM: $0) } ?? .clear(confirmed: confirmed ?? false)
        return try await context.keyOperations().export(
            name, form, role: OperatorRole(rawValue: context.role.rawValue), at: context.now())
    }
}
