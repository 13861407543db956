import Administration
import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping
import Policies

/// A catalog on disk with an operator in front of it.
final class Desk: Sendable {
    let folder: URL
    let catalog: SQLiteCatalog
    let wrapping: KeyWrapping

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "keyway-admin-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        catalog = try SQLiteCatalog(path: folder.path + "/catalog.sqlite")
        wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder.path + "/kek", mayCreate: true))
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func `operator`(_ role: AdminRole = .keyAdmin, actor: String = "tester", now: Date = moment) -> LocalOperator {
        LocalOperator(context(role, actor: actor, now: now))
    }

    func context(_ role: AdminRole, actor: String = "tester", now: Date = moment) -> OperatorContext {
        let wrapping = wrapping
        return OperatorContext(
            catalog: catalog, verifier: NoVerifier(),
            makeKey: { type, keyID, name in
                ContentKeyRecord(
                    wrapped: try wrapping.wrap(.random(type), keyID: keyID), name: name, authorizationPolicy: nil,
                    created: moment)
            },
            makeSecret: { name, value in
                let (kek, ciphertext) = try wrapping.wrapSecret(value, name: name)
                return SecretRecord(name: name, kek: kek, ciphertext: ciphertext, created: moment)
            },
            auditKeys: AuditKeys(wrapping: wrapping), addresses: { _ in .none }, actor: actor, role: role,
            keySetHosts: ["127.0.0.1:9"], now: { now })
    }

    func events() async throws -> [AuditEvent] {
        try await catalog.auditRecords(after: 0, limit: 1000).map { try AuditChain.event(of: $0) }
    }
}

/// The signing key under the desk's KEK.
private struct AuditKeys: AuditKeyMaterial {
    let wrapping: KeyWrapping

    func makeAuditKey(at now: Date) throws -> AuditKeyRecord {
        let (bytes, kek, ciphertext) = try wrapping.makeAuditKey()
        guard let publicKey = AuditPublicKey(bytes: bytes) else { throw CatalogError(.corrupt, "no key") }
        return AuditKeyRecord(publicKey: publicKey, kek: kek, ciphertext: ciphertext, created: now)
    }

    func sign(_ statement: [UInt8], with key: AuditKeyRecord) throws -> [UInt8] {
        try wrapping.signAudit(statement, publicKey: key.publicKey.bytes, kek: key.kek, ciphertext: key.ciphertext)
    }
}

let moment = Date(timeIntervalSince1970: 1_800_000_000)

/// No token verifies.
struct NoVerifier: TokenVerifier {
    func verify(_ token: String, under restriction: TokenRestriction, at now: Date) -> TokenVerdict {
        .rejected(.malformed)
    }
}

/// The code that something is refused with; nil when it is not.
func refusal(_ body: () async throws -> Void) async -> OperatorError.Code? {
    do {
        try await body()
        return nil
    } catch let error as OperatorError {
        return error.code
    } catch {
        return nil
    }
}
