import Catalog
public import Foundation

/// A work that originals are compared with, without its fingerprint.
public struct KnownWorkReport: Codable, Sendable {
    public var name: String
    public var title: String?
    /// `flag` or `reject`.
    public var action: String
    /// Of its sound.
    public var seconds: Double
    public var created: Date

    init(_ work: KnownWork) {
        name = work.name
        title = work.title
        action = work.action.rawValue
        seconds = (Double(work.fingerprint.count) * KnownWork.itemDuration * 10).rounded() / 10
        created = work.created
    }
}

/// Lists the known works in order of name.
public struct ListKnownWorks: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var works: [KnownWorkReport]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let works = try await context.catalog.knownWorks(try Paging.page(after: after, limit: limit))
        let (items, next) = try Paging.cut(works, limit: limit, cursor: \.name)
        return Report(works: items.map(KnownWorkReport.init), next: next)
    }
}

/// Adds a work by its fingerprint.
public struct AddKnownWork: OperatorVerb {
    public var name: String
    public var title: String?
    /// `flag` or `reject`.
    public var action: String
    /// Chromaprint's raw fingerprint: numbers of 32 bits, little-endian, in base64.
    public var fingerprint: String

    public init(name: String, title: String? = nil, action: String, fingerprint: String) {
        self.name = name
        self.title = title
        self.action = action
        self.fingerprint = fingerprint
    }

    /// Below this everything is like everything: some seconds.
    private static let shortest = 64

    public func run(in context: OperatorContext) async throws -> KnownWorkReport {
        try context.require(.operator, to: "add known works")
        guard let action = KnownWork.Action(rawValue: action) else {
            throw OperatorError(.invalid, "the action of a known work is flag or reject, not \(action.quoted)")
        }
        guard let data = Data(base64Encoded: fingerprint), data.count % 4 == 0,
            (Self.shortest...KnownWork.longestFingerprint).contains(data.count / 4)
        else {
            throw OperatorError(
                .invalid,
                "a fingerprint is \(Self.shortest) to \(KnownWork.longestFingerprint) numbers of 32 bits in base64: of "
                    + "8 seconds of sound at least")
        }
        let bytes = Array(data)
        let items = stride(from: 0, to: bytes.count, by: 4).map { place in
            bytes[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        let work = KnownWork(name: name, title: title, action: action, fingerprint: items, created: context.now())
        try await context.catalog.apply([
            .quarantine(.insertKnownWork(work)), .audit(context.event(.knownWorkAdded, detail: name)),
        ])
        return KnownWorkReport(work)
    }
}

/// Removes a known work.
public struct RemoveKnownWork: OperatorVerb {
    public var name: String

    public init(name: String) {
        self.name = name
    }

    public struct Report: Codable, Sendable {
        public var name: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        try context.require(.keyAdmin, to: "remove known works")
        do {
            try await context.catalog.apply([
                .quarantine(.deleteKnownWork(name: name)), .audit(context.event(.knownWorkRemoved, detail: name)),
            ])
        } catch let error as CatalogError where error.code == .missing {
            throw OperatorError(
                .missing, "there is no known work \(name.quoted); 'keyway known-work list' lists them")
        }
        return Report(name: name)
    }
}

/// Lists the documents of kind IngestRules in order of name.
public struct ListIngestRules: OperatorVerb {
    public var after: String?
    public var limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var rules: [IngestRulesForm]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let all = try await context.catalog.ingestRules().filter { $0.name.isAfter(after) }
        let (items, next) = try Paging.cut(all, limit: limit, cursor: \.name)
        return Report(rules: items.map(IngestRulesForm.init), next: next)
    }
}
