import Catalog

/// Closes an encryptor's token now and for good; its name stays taken.
public struct RevokeEncryptor: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var revoked: Bool
    }

    public func run(in context: OperatorContext) async throws -> Report {
        do {
            try await context.catalog.apply([
                .revokeEncryptor(name: name, time: context.now()),
                .audit(context.event(.encryptorRevoked, detail: name)),
            ])
        } catch let error as CatalogError where error.code == .missing {
            throw OperatorError(
                .missing, "there is no encryptor \(name.quoted); 'keyway encryptor list' lists them")
        }
        return Report(name: name, revoked: true)
    }
}
