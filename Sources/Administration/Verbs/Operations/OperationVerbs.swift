import Catalog

/// Lists the operations of the server, without what came of them.
public struct ListOperations: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        /// The newest first.
        public var operations: [OperationReport]
    }

    public func run(in context: OperatorContext) async throws -> Report {
        Report(operations: context.operations.all.map(\.outline))
    }
}

/// Shows one operation: how far it is, and what came of it to whom might have begun it.
public struct ShowOperation: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> OperationReport {
        let report = try context.operation(id)
        return context.role >= report.kind.role ? report : report.outline
    }
}

/// Asks an operation to end; it does within a second or two.
public struct CancelOperation: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> OperationReport {
        let report = try context.operation(id)
        try context.require(report.kind.role, to: "cancel an operation of kind \(report.kind.rawValue)")
        try context.operations.checkIsRunning(id)
        // Before it: nothing is canceled that nobody answers for.
        let subject = report.subject.map { ", \($0)" } ?? ""
        try await context.catalog.apply([
            .audit(context.event(.operationCanceled, detail: "\(report.kind.rawValue)\(subject), operation \(id)"))
        ])
        try context.operations.cancel(id)
        return try context.operation(id)
    }
}

extension OperatorContext {
    /// - Throws: `OperatorError` with `missing`.
    fileprivate func operation(_ id: String) throws -> OperationReport {
        guard let entry = operations.entry(id) else { throw OperatorError(.missing, OperationReport.unknown(id)) }
        return entry.report
    }
}

extension OperationReport {
    /// In words, for an id that the server does not know.
    public static func unknown(_ id: String) -> String {
        "this server knows no operation \(id.quoted): it was started again since, and took its operations with it, or has "
            + "forgotten it for later ones"
    }
}
