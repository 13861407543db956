import Catalog
public import Foundation
import Policies

/// Makes a token of the admin API. Only the answer to this has it; the catalog keeps its hash.
public struct CreateAdminToken: OperatorVerb {
    public var name: String
    public var role: String
    /// How long it lives, as `12h` or `30d`; nil for ever.
    public var expires: String?

    public init(name: String, role: String, expires: String?) {
        self.name = name
        self.role = role
        self.expires = expires
    }

    public struct Report: Codable, Sendable {
        public var name: String
        public var role: String
        public var expires: Date?
        public var token: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard AssetRecord.isName(name) else {
            throw OperatorError(
                .invalid, "\(name.quoted) is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        guard let role = AdminRole(rawValue: role) else {
            let known = AdminRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw OperatorError(.invalid, "the role is one of \(known), not \(role.quoted)")
        }
        let now = context.now()
        let end = try expires.map { text -> Date in
            guard let seconds = DurationText.seconds(text), seconds > 0 else {
                throw OperatorError(.invalid, "a token expires after a duration as 12h or 30d, not \(text.quoted)")
            }
            return now.addingTimeInterval(TimeInterval(seconds))
        }
        let token = AdminToken.random()
        let record = AdminTokenRecord(
            name: name, role: role, hash: AdminToken.hash(token), created: now, expires: end)
        try await context.catalog.apply([
            .insertAdminToken(record),
            .audit(context.event(.adminTokenCreated, detail: "\(name), \(role.rawValue)")),
        ])
        return Report(name: name, role: role.rawValue, expires: end, token: token)
    }
}
