import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import Policies
import TestSupport
import Testing

@Suite(.waiting) struct ExportTests {
    /// Decrypts with the openssl program.
    private func openssl(_ ciphertext: String, _ privateKey: String) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("export-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, message) = (folder.appendingPathComponent("key.pem"), folder.appendingPathComponent("message"))
        try Data(privateKey.utf8).write(to: key)
        try #require(Data(base64Encoded: ciphertext)).write(to: message)
        return Array(
            try Tool.run([
                "openssl", "pkeyutl", "-decrypt", "-inkey", key.path, "-in", message.path, "-pkeyopt",
                "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256",
            ]).standardOutput)
    }

    @Test func anExportOpensWithOpenSSLAndComesBackAsTheSameKey() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(
            .common, KeyProperties(authorizationPolicy: "open"), at: Fixture.now)
        let pair = try KeyPair.rsa.get()
        let export = try await site.operations.export(
            made.keyId, .wrapped(recipientPEM: pair.publicKey), role: .keyAdmin, at: Fixture.now)
        #expect(export.algorithm == "RSA-OAEP-256")
        #expect(export.key == nil)
        let ciphertext = try #require(export.ciphertext)
        let bytes = try openssl(ciphertext, pair.privateKey)
        #expect(try await site.deliver(keyID(made.keyId)) == .success(bytes))
        // Another installation takes it, and sees by the checksum that it is the same.
        let other = try await Fixture()
        let imported = try await other.operations.import(
            contentKey(bytes, .common), keyID: keyID(made.keyId), checksum: KeyChecksum(base64: export.checksum),
            KeyProperties(authorizationPolicy: "open"), at: Fixture.now)
        #expect(imported.checksum == made.checksum)
        #expect(try await other.deliver(keyID(made.keyId)) == .success(bytes))
        let event = try #require(try await site.events(.keyExported).first)
        let recipient = try #require(export.recipient)
        #expect(event.detail == "to \(recipient)")
    }

    @Test func aCertificateIsARecipientToo() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(.envelope, KeyProperties(), at: Fixture.now)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=packager",
            "-keyout", folder.path + "/key.pem", "-out", folder.path + "/certificate.pem",
        ])
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
        }
        let export = try await site.operations.export(
            made.keyId, .wrapped(recipientPEM: text("certificate.pem")), role: .keyAdmin, at: Fixture.now)
        let ciphertext = try #require(export.ciphertext)
        let bytes = try openssl(ciphertext, text("key.pem"))
        let imported = try await Fixture().operations.import(
            contentKey(bytes, .envelope), keyID: keyID(made.keyId), checksum: KeyChecksum(base64: export.checksum),
            KeyProperties(), at: Fixture.now)
        #expect(imported.checksum == made.checksum)
        await #expect(throws: RecipientError.self) {
            try await site.operations.export(
                made.keyId, .wrapped(recipientPEM: text("key.pem")), role: .keyAdmin, at: Fixture.now)
        }
    }

    @Test func otherKeysAreNoRecipients() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(.envelope, KeyProperties(), at: Fixture.now)
        let small = try OpenSSLTool.publicKey(of: OpenSSLTool.privateKey("RSA:1024"))
        for pem in ["", "text", try KeyPair.ec.get().publicKey, small, try KeyPair.rsa.get().privateKey] {
            await #expect(throws: RecipientError.self) {
                try await site.operations.export(
                    made.keyId, .wrapped(recipientPEM: pem), role: .keyAdmin, at: Fixture.now)
            }
        }
        #expect(try await site.events(.keyExported).isEmpty)
    }

    @Test(arguments: [nil, OperatorRole.reader, .operator])
    func otherRolesGetNothingAndThatIsInTheAuditLog(role: OperatorRole?) async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(.common, KeyProperties(), at: Fixture.now)
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.export(made.keyId, .clear(confirmed: true), role: role, at: Fixture.now)
        }
        #expect(try await site.events(.keyExportDenied).map(\.reason) == ["roleMissing"])
        #expect(try await site.events(.keyExported).isEmpty)
    }

    @Test func aKeyInTheClearNeedsItsOwnWordAndStorageKeysNeverLeave() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(
            .common, KeyProperties(authorizationPolicy: "open"), at: Fixture.now)
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.export(made.keyId, .clear(confirmed: false), role: .keyAdmin, at: Fixture.now)
        }
        let export = try await site.operations.export(
            made.keyId, .clear(confirmed: true), role: .keyAdmin, at: Fixture.now)
        let text = try #require(export.key)
        let bytes = try #require(Data(base64Encoded: text))
        #expect(try await site.deliver(keyID(made.keyId)) == .success(Array(bytes)))
        let version = try await site.addVersion(of: "film")
        let storage = try #require(try await site.catalog.asset(named: version.asset)).storageKey
        await #expect(throws: KeyOperationError.self) {
            try await site.operations.export(
                storage.description, .clear(confirmed: true), role: .keyAdmin, at: Fixture.now)
        }
        #expect(try await site.events(.keyExportDenied).map(\.reason) == ["clearNotConfirmed", "keyNotDeliverable"])
    }

    /// Dies where a process would die that is killed after the audit record and before the release.
    private struct DyingUnwrapper: KeyUnwrapper {
        let catalog: any CatalogEngine

        func unwrap(_ key: WrappedContentKey, for purpose: UnwrapPurpose) async throws -> ContentKey {
            let events = try await catalog.auditRecords(after: 0, limit: 100).map(AuditChain.event)
            #expect(events.last?.action == .keyExported)
            throw CancellationError()
        }
    }

    @Test func theAuditRecordIsThereBeforeTheKeyIsOpened() async throws {
        let site = try await Fixture()
        let made = try await site.operations.create(.common, KeyProperties(), at: Fixture.now)
        let dying = KeyOperations(
            catalog: site.catalog, material: site.installation.keyMaterial,
            unwrapper: DyingUnwrapper(catalog: site.catalog))
        await #expect(throws: CancellationError.self) {
            try await dying.export(made.keyId, .clear(confirmed: true), role: .keyAdmin, at: Fixture.now)
        }
        // What is lost is an answer, never a record.
        #expect(try await site.events(.keyExported).count == 1)
    }
}
