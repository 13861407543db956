public import Catalog
public import Foundation
public import Policies
import Synchronization

/// Which origin asks: looks its certificate up for every request, so that a revocation is in force at once. What is refused
/// is audited, and counted by address, so that nobody can fill the audit log.
public final class OriginAuthentication: Sendable {
    /// Why a request has no origin.
    public enum Refusal: Error, Sendable, Hashable {
        /// TLS has verified none.
        case certificateMissing
        /// Unknown or revoked: the audit log tells which.
        case notEnrolled
        /// Too many refusals from this address; in seconds.
        case limited(wait: Int)
    }

    private let catalog: any CatalogEngine
    private let failures = Mutex(RefusalCounts())
    private let now: @Sendable () -> Date

    public init(catalog: any CatalogEngine, now: @escaping @Sendable () -> Date = { Date() }) {
        self.catalog = catalog
        self.now = now
    }

    /// - Parameter certificate: DER of what TLS has verified; nil for none.
    /// - Returns: the origin's name.
    /// - Throws: `Refusal`, `CatalogError`.
    public func identify(certificate: [UInt8]?, address: IPAddress, requestID: String) async throws -> String {
        guard let certificate else { throw Refusal.certificateMissing }
        let record = try await catalog.origin(hash: OriginRecord.hash(certificate: certificate))
        if let record, record.revoked == nil { return record.name }
        let time = now()
        if let wait = failures.withLock({ $0.add(address.description, at: time) }) {
            throw Refusal.limited(wait: wait)
        }
        var event = AuditEvent(time: time, action: .originRefused)
        event.clientAddress = address.description
        event.requestID = requestID
        event.reason = record == nil ? "unknown" : "revoked"
        event.detail = record?.name
        try await catalog.appendAudit([event])
        throw Refusal.notEnrolled
    }
}
