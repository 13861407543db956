import Catalog

/// Says who asks, and what they may: what a client shows of its token.
public struct ShowIdentity: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        /// As the audit log names who acted.
        public var name: String
        public var role: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        Report(name: context.actor, role: context.role.rawValue)
    }
}
