import Catalog

/// Lists originals by where they are in quarantine, in order of id: without a state, those that somebody must decide on.
public struct ListReviews: OperatorVerb {
    public var state: String?
    public var asset: String?
    public var after: String?
    public var limit: Int?

    public init(state: String? = nil, asset: String? = nil, after: String? = nil, limit: Int? = nil) {
        self.state = state
        self.asset = asset
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var reviews: [ReviewReport]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let chosen = state.map(IngestRecord.State.init(rawValue:)) ?? .review
        guard let chosen else {
            let words = IngestRecord.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw OperatorError(.invalid, "there is no state \((state ?? "").quoted): there is \(words)")
        }
        let page = try Paging.page(after: after, limit: limit)
        let found = try await context.catalog.reviews(
            matching: ReviewQuery(
                states: [chosen], asset: asset, after: after.map { AssetFileID(rawValue: $0) }, limit: page.limit))
        let (items, next) = try Paging.cut(found, limit: limit) { $0.file.id.rawValue }
        return Report(reviews: items.map(ReviewReport.init), next: next)
    }
}

/// Shows what the checks of one original found.
public struct ShowReview: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> ReviewReport {
        ReviewReport(try await context.review(id))
    }
}

/// Lets an original out of quarantine that waits for a decision, when all checks that are required were made of it. Again, it
/// changes nothing.
public struct ApproveReview: OperatorVerb {
    public var id: String
    public var reason: String

    public init(id: String, reason: String) {
        self.id = id
        self.reason = reason
    }

    public func run(in context: OperatorContext) async throws -> ReviewReport {
        try context.require(.keyAdmin, to: "let originals out of quarantine")
        let found = try await context.review(id)
        guard found.record?.state != .approved else { return ReviewReport(found) }
        guard var record = found.record, record.state == .review, found.file.state == .quarantine else {
            throw OperatorError(.conflict, "nothing is to be approved: \(found.words)")
        }
        // Nobody decides for a check that came to be required since the others were made.
        let missing = try await context.catalog.requiredChecks().filter { !record.checks.contains($0) }
        guard missing.isEmpty else {
            throw OperatorError(
                .conflict,
                "\(found.file.asset)/\(found.file.name) was not examined by \(missing.joined(separator: ", ")), which came to be required since: repeat "
                    + "the checks first ('keyway review repeat')")
        }
        var file = found.file
        file.state = .ready
        file.reason = nil
        record.state = .approved
        return try await context.decide(.approved, reason, found, file, &record)
    }
}

/// Refuses an original in quarantine for good: it stays where it is, and nothing ever uses it. Again, it changes nothing.
public struct RejectReview: OperatorVerb {
    public var id: String
    public var reason: String

    public init(id: String, reason: String) {
        self.id = id
        self.reason = reason
    }

    public func run(in context: OperatorContext) async throws -> ReviewReport {
        try context.require(.operator, to: "refuse originals")
        let found = try await context.review(id)
        if found.record?.state == .rejected { return ReviewReport(found) }
        guard found.file.state == .quarantine else {
            throw OperatorError(
                .conflict, "nothing is to be rejected: \(found.words); 'keyway asset file delete' removes it")
        }
        var file = found.file
        var record = found.record ?? IngestRecord(file: file.id)
        file.state = .rejected
        file.reason = "rejected by \(context.actor): \(reason)"
        record.state = .rejected
        record.obstacle = nil
        record.notBefore = nil
        return try await context.decide(.rejected, reason, found, file, &record)
    }
}

/// Does the checks of an original again that waits, for a decision or for a check: after clamd's limits, its signatures or
/// the rules were changed.
public struct RepeatReview: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> ReviewReport {
        try context.require(.operator, to: "repeat checks")
        let found = try await context.review(id)
        guard found.file.state == .quarantine, let old = found.record, old.state == .review || old.state == .waiting
        else { throw OperatorError(.conflict, "nothing is to be repeated: \(found.words)") }
        // Rules may have been loosened since: what waits for a decision is let out by who may decide alone.
        if old.state == .review { try context.require(.keyAdmin, to: "repeat checks of what waits for a decision") }
        var file = found.file
        file.reason = nil
        file.changed = context.now()
        let record = IngestRecord(file: file.id)
        try await context.catalog.apply([
            .require(.original(found.file, old)), .updateAssetFile(file), .quarantine(.putRecord(record)),
            .audit(context.event(.reviewRepeated, detail: "\(file.asset): \(file.name)")),
        ])
        return ReviewReport(QuarantinedFile(file: file, record: record))
    }
}

extension OperatorContext {
    fileprivate func decide(
        _ verdict: ReviewDecision.Verdict, _ reason: String, _ found: QuarantinedFile, _ changed: AssetFileRecord,
        _ record: inout IngestRecord
    ) async throws -> ReviewReport {
        let text = reason.quotedLine
        guard !text.isEmpty else { throw OperatorError(.invalid, "a decision needs a reason") }
        var file = changed
        file.changed = now()
        record.decision = ReviewDecision(verdict, actor: actor, reason: text, time: now())
        let conditions: [CatalogChange] =
            verdict == .approved ? [.require(.requiredChecks(among: record.checks))] : []
        try await catalog.apply(
            [.require(.original(found.file, found.record))] + conditions + [
                .updateAssetFile(file), .quarantine(.putRecord(record)),
                .audit(
                    event(
                        verdict == .approved ? .reviewApproved : .reviewRejected,
                        detail: "\(file.asset): \(file.name): \(text)")),
            ])
        return ReviewReport(QuarantinedFile(file: file, record: record))
    }
}

extension IngestRecord {
    /// The names of the checks that were made.
    fileprivate var checks: [String] { findings.map(\.check) }
}

extension QuarantinedFile {
    fileprivate var words: String {
        "\(file.asset)/\(file.name) is '\(file.state.rawValue)', and its checks are '\(record?.state.rawValue ?? "none")'"
    }
}

extension String {
    /// One line of at most 1000 characters.
    fileprivate var quotedLine: String {
        String(
            split(whereSeparator: { $0.isNewline || $0.isWhitespace }).joined(separator: " ").unicodeScalars.filter {
                $0.properties.generalCategory != .control
            }.prefix(1000).map(Character.init))
    }
}
