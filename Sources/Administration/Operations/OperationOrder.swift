public import Foundation

/// Is told how much of an operation is done, in whatever it counts.
public typealias OperationProgress = @Sendable (_ done: UInt64, _ total: UInt64) -> Void

/// Long work that can begin now: everything about it that can be refused at once was looked at.
public struct OperationOrder: Sendable {
    /// Of the operation to be.
    public let id: String
    public var kind: OperationKind
    public var subject: String?
    /// Ends with `CancellationError`, or whatever error it makes of that, when its task is cancelled.
    public var work: @Sendable (_ progress: OperationProgress) async throws -> OperationResult

    /// - Parameter id: a random one when absent.
    public init(
        _ kind: OperationKind, of subject: String? = nil, id: String = UUID().uuidString.lowercased(),
        work: @escaping @Sendable (_ progress: OperationProgress) async throws -> OperationResult
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.work = work
    }
}

/// A verb that can be begun as an operation: then it goes on when whoever asked is gone.
public protocol LongVerb: OperatorVerb {
    static var kind: OperationKind { get }

    /// - Throws: what `run` would for what is refused at once.
    func order(in context: OperatorContext) async throws -> OperationOrder
}
