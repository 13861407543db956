import Catalog
import ContentKeys
public import Foundation
public import Policies

/// Keys that leave the installation.
extension KeyOperations {
    /// How a key is asked for.
    public enum ExportForm: Sendable {
        /// Encrypted to a public key or certificate in PEM.
        case wrapped(recipientPEM: String)
        /// As it is; `confirmed` says that this was asked for in so many words.
        case clear(confirmed: Bool)
    }

    /// Decides, writes the decision to the audit log, durably, and only then opens the key: look up → decide → audit →
    /// unwrap → hand over. An audit log that cannot be written means no key.
    ///
    /// - Parameter role: of the operator who asks; nil and every role but `keyAdmin` are denied.
    public func export(_ key: String, _ form: ExportForm, role: OperatorRole?, at now: Date) async throws
        -> KeyExportReport
    {
        let record = try await find(key)
        let recipient: (any KeyRecipient)?
        let asked: ExportRequest.Form
        switch form {
        case .wrapped(let pem):
            let holder = try material.recipient(pem: pem)
            (recipient, asked) = (holder, .wrapped(recipient: holder.fingerprint))
        case .clear(let confirmed): (recipient, asked) = (nil, .clear(confirmed: confirmed))
        }
        let request = ExportRequest(keyID: record.keyID, role: role, form: asked)
        switch ExportGrant.decide(request, type: record.type) {
        case .denied(let denial):
            var event = Self.event(.keyExportDenied, record, at: now)
            event.reason = denial.rawValue
            try await appendAudit(event)
            throw KeyOperationError(.notPermitted, Self.explanation(of: denial, record.keyID))
        case .granted(let grant):
            let detail = recipient.map { "to \($0.fingerprint)" } ?? "in the clear"
            try await appendAudit(Self.event(.keyExported, record, at: now, detail: detail))
            return try await release(record, grant, to: recipient)
        }
    }

    private func release(
        _ record: ContentKeyRecord, _ grant: ExportGrant, to recipient: (any KeyRecipient)?
    ) async throws -> KeyExportReport {
        let key = try await unwrapper.unwrap(record.wrapped, for: .export(grant))
        let checksum: KeyChecksum
        if let known = record.checksum {
            checksum = known
        } else {
            checksum = try await material.checksum(of: record.wrapped)
        }
        var report = KeyExportReport(
            kid: record.keyID.description, type: record.type.rawValue, algorithm: "none", checksum: checksum.base64)
        if let recipient {
            report.algorithm = "RSA-OAEP-256"
            report.recipient = recipient.fingerprint
            report.ciphertext = Data(try recipient.seal(key)).base64EncodedString()
        } else {
            report.key = key.withUnsafeBytes { Data($0).base64EncodedString() }
        }
        return report
    }

    static func explanation(of denial: ExportDecision.Denial, _ keyID: KeyID) -> String {
        switch denial {
        case .keyUnknown: "there is no key \(keyID)"
        case .roleMissing: "only the role 'key-admin' exports keys"
        case .keyNotDeliverable: "key \(keyID) encrypts stored files: such keys never leave"
        case .clearNotConfirmed:
            "a key leaves encrypted to a recipient, or, asked for in so many words, in the clear: --recipient, or --clear with "
                + "--yes-clear (in the API 'recipient', or 'confirmed')"
        }
    }
}
