import Catalog
import ContentKeys
import Foundation

/// Stores a key seed, wrapped under the KEK.
public struct CreateKeySeed: OperatorVerb {
    public var name: String
    /// `common`, `common-cbcs` or `envelope`.
    public var type: String
    /// `hex:…` or `base64:…`; nil for a random seed, which nobody outside will know.
    public var value: String?
    public var authorizationPolicy: String?

    public init(name: String, type: String, value: String?, authorizationPolicy: String?) {
        self.name = name
        self.type = type
        self.value = value
        self.authorizationPolicy = authorizationPolicy
    }

    public func run(in context: OperatorContext) async throws -> KeySeedReport {
        let type = try KeyWords.type(type)
        let operations = try context.keyOperations()
        var bytes =
            try value.map { text in
                try FieldChecks.about("/value") { try SecretValue(Array(text.utf8)).bytes }
            } ?? Self.random()
        defer { KeyOperations.zero(&bytes) }
        return try await operations.createSeed(
            name, bytes, type: type, authorizationPolicy: authorizationPolicy, at: context.now())
    }

    private static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

/// Lists the key seeds in order of name, without their bytes.
public struct ListKeySeeds: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var seeds: [KeySeedReport]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let seeds = try await context.catalog.keySeeds().filter { $0.name.isAfter(after) }
        let page = try Paging.cut(seeds, limit: limit, cursor: \.name)
        return Report(seeds: page.items.map(KeySeedReport.init), next: page.next)
    }
}
