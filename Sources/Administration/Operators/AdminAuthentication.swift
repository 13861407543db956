public import Catalog
public import Foundation

/// Who a valid admin token belongs to.
public struct AdminIdentity: Sendable, Hashable {
    /// The token's name.
    public var name: String
    public var role: AdminRole
}

/// Who is asking the admin API: looks the token up for every request, so that revocation and expiry are in force at
/// once. Tokens that are refused are audited, and counted by address, so that nobody can fill the audit log; so is what a
/// token's role does not allow, counted by the token.
public final class AdminAuthentication: Sendable {
    private let catalog: any CatalogEngine
    private let refusals = AdminRefusals()
    private let now: @Sendable () -> Date

    public init(catalog: any CatalogEngine, now: @escaping @Sendable () -> Date = { Date() }) {
        self.catalog = catalog
        self.now = now
    }

    /// - Parameters:
    ///   - token: what the request shows; nil for nothing.
    ///   - address: of the client, for the audit log and the count.
    /// - Throws: `OperatorError` with `unauthenticated`, or `limited` after too many refusals; `CatalogError`. The
    ///   error is the same for an unknown, an expired and a revoked token; the audit log tells them apart.
    public func identify(token: String?, address: String, requestID: String) async throws -> AdminIdentity {
        guard let token, !token.isEmpty else {
            throw OperatorError(.unauthenticated, "an admin token is needed: Authorization: Bearer kwa_…")
        }
        let record = AdminToken.isForm(token) ? try await catalog.adminToken(hash: AdminToken.hash(token)) : nil
        let time = now()
        if let record, record.isValid(at: time) { return AdminIdentity(name: record.name, role: record.role) }
        let refusal = OperatorError(.unauthenticated, "the admin token is not valid")
        let reason: AdminRefusals.Reason = record == nil ? .unknown : record?.revoked != nil ? .revoked : .expired
        if let wait = refusals.count(reason, of: address, at: time) {
            // What cannot be a token costs nothing to refuse; it is only not audited any more.
            guard AdminToken.isForm(token) else { throw refusal }
            throw OperatorError(.limited, "too many refused tokens from this address", retryAfter: wait)
        }
        var event = AuditEvent(time: time, action: .adminRefused)
        event.clientAddress = address
        event.requestID = requestID
        event.reason = reason.rawValue
        event.detail = record?.name
        try await catalog.appendAudit([event])
        throw refusal
    }

    /// Audits that somebody asked for what their role does not allow; beyond the bounds it is only counted.
    ///
    /// - Parameters:
    ///   - role: what it takes.
    ///   - purpose: what was asked for, as method and path.
    /// - Throws: `CatalogError` when it cannot be written.
    public func recordRefusal(
        of identity: AdminIdentity, lacking role: AdminRole, purpose: String, address: String, requestID: String
    ) async throws {
        let time = now()
        guard refusals.count(.role, of: identity.name, at: time) == nil else { return }
        var event = AuditEvent(time: time, action: .adminRefused)
        event.actor = identity.name
        event.clientAddress = address
        event.requestID = requestID
        event.reason = AdminRefusals.Reason.role.rawValue
        event.detail = "\(purpose.prefix(Self.longestPurpose)) takes \(role.rawValue), not \(identity.role.rawValue)"
        try await catalog.appendAudit([event])
    }

    /// In characters: paths are the client's.
    private static let longestPurpose = 128

    /// Writes how many refusals had no record of their own; to be called now and then, and when the server stops.
    public func recordRefusals() async {
        await refusals.write(to: catalog, at: now())
    }
}
