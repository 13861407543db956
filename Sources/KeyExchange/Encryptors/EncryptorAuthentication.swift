public import Catalog
public import Foundation
public import Policies
import Synchronization

/// Who is asking for keys: looks the token up for every request, so that revocation and expiry are in force at once.
/// Tokens that are refused are audited, and counted by address, so that nobody can fill the audit log.
public final class EncryptorAuthentication: Sendable {
    /// Why a request has no encryptor.
    public enum Refusal: Error, Sendable, Hashable {
        case tokenMissing
        /// Unknown, expired or revoked: the audit log tells which.
        case tokenInvalid
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

    /// - Parameters:
    ///   - token: what the request shows; nil for nothing.
    ///   - certificate: DER of what TLS has verified, which counts when there is no token.
    /// - Throws: `Refusal`, `CatalogError`.
    public func identify(
        token: String?, certificate: [UInt8]? = nil, address: IPAddress, requestID: String
    ) async throws -> Encryptor {
        let hash: [UInt8]?
        if let token, !token.isEmpty {
            hash = EncryptorToken.isForm(token) ? try EncryptorToken.hash(token) : nil
        } else if let certificate {
            hash = try EncryptorToken.hash(certificate: certificate)
        } else {
            throw Refusal.tokenMissing
        }
        let isForm = hash != nil
        let record: EncryptorRecord?
        if let hash { record = try await catalog.encryptor(hash: hash) } else { record = nil }
        let time = now()
        if let record, record.isValid(at: time) { return record.encryptor }
        if let wait = failures.withLock({ $0.add(address.description, at: time) }) {
            throw isForm ? Refusal.limited(wait: wait) : Refusal.tokenInvalid
        }
        var event = AuditEvent(time: time, action: .encryptorRefused)
        event.clientAddress = address.description
        event.requestID = requestID
        event.reason = record == nil ? "unknown" : record?.revoked != nil ? "revoked" : "expired"
        event.detail = record?.name
        try await catalog.appendAudit([event])
        throw Refusal.tokenInvalid
    }
}
