import Catalog
import KeyExchange
import Policies

/// Hands content keys out in a CPIX document: encrypted to certificates, or as they are when that is asked for in so many
/// words.
public struct ExportCPIX: OperatorVerb {
    /// Ids or names of keys; nil when `asset` is given.
    public var keys: [String]?
    /// All keys of this asset.
    public var asset: String?
    /// Of the asset's keys those of this encryption.
    public var encryption: String?
    /// What the document says that the keys are of; the asset's name when nil.
    public var contentId: String?
    /// Certificates in PEM, every one of which can read all; nil for the keys as they are.
    public var recipients: [String]?
    /// Whether the keys as they are were asked for in so many words.
    public var confirmed: Bool?

    public static let mostKeys = 2048
    public static let mostRecipients = 16

    public struct Report: Codable, Sendable {
        /// The document, in XML.
        public var document: String
    }

    public init(
        keys: [String]? = nil, asset: String? = nil, encryption: String? = nil, contentId: String? = nil,
        recipients: [String]? = nil, confirmed: Bool? = nil
    ) {
        self.keys = keys
        self.asset = asset
        self.encryption = encryption
        self.contentId = contentId
        self.recipients = recipients
        self.confirmed = confirmed
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let form: KeyOperations.CPIXForm =
            if let recipients { .wrapped(try recipients.map { try CPIX.Holder(pem: $0) }) } else {
                .clear(confirmed: confirmed ?? false)
            }
        let document = try await context.keyOperations().exportCPIX(
            selection(), form, contentID: contentId ?? asset, role: OperatorRole(rawValue: context.role.rawValue),
            at: context.now())
        return Report(document: document.xml)
    }

    private func selection() throws -> KeyOperations.CPIXSelection {
        switch (keys, asset) {
        case (let keys?, nil):
            guard encryption == nil else { throw OperatorError(.invalid, "an encryption goes with an asset") }
            return .keys(keys)
        case (nil, let asset?): return .asset(asset, try encryption.map(KeyWords.encryption))
        default: throw OperatorError(.invalid, "name keys or an asset: one of them")
        }
    }
}
