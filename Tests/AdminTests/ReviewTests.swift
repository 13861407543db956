import Administration
import Catalog
import CatalogSQLite
import ContentKeys
import Foundation
import KeyWrapping
import Testing

/// What somebody lets out of quarantine.
@Suite struct ReviewTests {
    private let desk: Desk
    private let file = AssetFileRecord(
        id: AssetFileID(), asset: "film", name: "a.mov", contentType: "video/quicktime", size: 3, digest: nil,
        state: .quarantine, reason: "rules: too small", storageKey: nil, created: moment, changed: moment)

    init() throws {
        desk = try Desk()
    }

    /// An original of which somebody must decide, after these checks.
    private func flag(_ checks: [String]) async throws {
        let key = ContentKeyRecord(
            wrapped: try desk.wrapping.wrap(.random(.storage), keyID: .random()), name: nil, authorizationPolicy: nil,
            created: moment)
        var record = IngestRecord(file: file.id)
        record.state = .review
        record.findings = checks.map {
            CheckFinding(check: $0, outcome: $0 == "rules" ? .flagged : .passed, time: moment)
        }
        try await desk.catalog.apply([
            .insertContentKey(key),
            .insertAsset(AssetRecord(name: "film", created: moment, storageKey: key.wrapped.keyID)),
            .insertAssetFile(file), .quarantine(.putRecord(record)),
        ])
    }

    private func state() async throws -> AssetFileState? { try await desk.catalog.assetFile(file.id)?.state }

    /// Nobody decides for a check that came to be required after the others were made.
    @Test func nothingIsApprovedWithoutTheRequiredChecks() async throws {
        try await flag(["content", "rules"])
        try await desk.catalog.apply([.quarantine(.requireCheck(name: "clamav"))])
        let admin = desk.operator()
        let approve = ApproveReview(id: file.id.rawValue, reason: "known")
        let error = await #expect(throws: OperatorError.self) { try await admin.perform(approve) }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("not examined by clamav") == true)
        #expect(error?.message.contains("keyway review repeat") == true)
        #expect(try await state() == .quarantine)
        #expect(try await desk.catalog.ingestRecord(file.id)?.state == .review)
        // Repeated, it is taken up by whoever makes the checks.
        _ = try await admin.perform(RepeatReview(id: file.id.rawValue))
        #expect(try await desk.catalog.originalsToCheck(at: moment, limit: 9).map(\.file.id) == [file.id])
    }

    @Test func whatWasExaminedIsApproved() async throws {
        try await flag(["content", "clamav", "rules"])
        try await desk.catalog.apply([.quarantine(.requireCheck(name: "clamav"))])
        let report = try await desk.operator().perform(ApproveReview(id: file.id.rawValue, reason: "known"))
        #expect(report.state == "approved")
        #expect(try await state() == .ready)
    }
}
