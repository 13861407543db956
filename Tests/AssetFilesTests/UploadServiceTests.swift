import Catalog
import Foundation
import MediaStorage
import Synchronization
import Testing

@testable import AssetFiles

@Suite struct UploadServiceTests {
    @Test func bytesThatComeInPiecesAreTheOriginal() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads()
        let upload = try await uploads.create(Depot.request("a.bin", 6), actor: nil)
        let first = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2], [3]))
        #expect(first.offset == 3 && !first.isComplete && first.isWriting == nil)
        #expect(try await uploads.append(to: upload.id, at: 3, Depot.body([4, 5, 6])).isComplete)
        let arrived = try #require(try await depot.catalog.assetFile(asset: "film", name: "a.bin"))
        #expect(arrived.state == .quarantine)
        let file = try #require(try await uploads.ingestWhenFree(arrived.id))
        #expect(file.state == .ready && file.parts.count == 1)
        var bytes: [UInt8] = []
        let reader = try await uploads.assets.open(file)
        try reader.append(0..<reader.size, to: &bytes)
        #expect(bytes == [1, 2, 3, 4, 5, 6])
    }

    /// After a power cut the record says that somebody was writing, and the file may be as short as before: bytes may lie on
    /// the disk under this part's nonce, so what comes next goes under another one.
    @Test func whatMayHaveBeenWrittenIsNeverWrittenAgainUnderItsNonce() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads()
        let upload = try await uploads.create(Depot.request("a.bin", 6), actor: nil)
        var cut = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        let part = try #require(cut.parts.last)
        cut.isWriting = true
        try await depot.catalog.apply([.updateUpload(cut)])
        #expect(try depot.storage.size(ofOriginal: part.id, in: nil) == 3)

        let ended = try await depot.uploads().append(to: upload.id, at: 3, Depot.body([4, 5, 6]))
        #expect(ended.isComplete && ended.isWriting == nil)
        #expect(ended.parts.map(\.size) == [3, 3])
        #expect(ended.parts.first == part && ended.parts.last?.nonce != part.nonce)
        #expect(try depot.storage.size(ofOriginal: part.id, in: nil) == 3)
    }

    /// The kernel says once that the disk did not take something; asked again, it says that all is well.
    @Test func whatTheDiskRefusedOnceIsNotAcknowledged() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads(storage: StumblingStorage(storage: depot.storage))
        let upload = try await uploads.create(Depot.request("a.bin", 64 << 20), actor: nil)
        let part = try #require(upload.parts.last)
        let error = await #expect(throws: MediaStorageError.self) {
            try await uploads.append(
                to: upload.id, at: 0, Depot.body([UInt8](repeating: 1, count: 32 << 20), [2, 3]))
        }
        #expect(error?.code == .inputOutput)
        let refused = try #require(try await depot.catalog.upload(upload.id))
        #expect(refused.offset == 0 && refused.isWriting == true)
        let next = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        #expect(next.offset == 3 && next.parts.count == 1 && next.parts.last?.nonce != part.nonce)
    }

    /// Who did not hear that an upload began asks again, and gets it; nobody else does.
    @Test func aBeginningThatWasNotHeardOfIsNotAnotherOne() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads()
        var request = Depot.request("a.bin", 6)
        request.attempt = UUID().uuidString
        let first = try await uploads.create(request, actor: nil)
        _ = try await uploads.append(to: first.id, at: 0, Depot.body([1, 2, 3]))
        let again = try await uploads.create(request, actor: nil)
        #expect(again.id == first.id && again.offset == 3)
        var others = Array(repeating: request, count: 5)
        others[0].attempt = UUID().uuidString
        others[1].attempt = nil
        others[2].length = 7
        others[3].digest = Array(repeating: 1, count: 32)
        others[4].isEncrypted = !(request.isEncrypted ?? uploads.settings.isEncrypted)
        for other in others {
            let error = await #expect(throws: CatalogError.self) { _ = try await uploads.create(other, actor: nil) }
            #expect(error?.code == .exists)
        }
        // Once it is there, its name is taken.
        _ = try await uploads.append(to: first.id, at: 3, Depot.body([4, 5, 6]))
        let error = await #expect(throws: CatalogError.self) { _ = try await uploads.create(request, actor: nil) }
        #expect(error?.code == .exists)
    }

    /// Each part of a file is known by a word of its own; nothing refuses a second one, so it is looked for first.
    @Test(arguments: [false, true]) func aPartIsBegunOnce(isSealed: Bool) async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads()
        let word = UUID().uuidString
        var request = UploadRequest(
            asset: "film", role: .partial, length: 6, isSealed: isSealed, attempt: word + ".0")
        let first = try await uploads.create(request, actor: nil)
        _ = try await uploads.append(to: first.id, at: 0, Depot.body([1, 2, 3]))
        let again = try await uploads.create(request, actor: nil)
        #expect(again.id == first.id && again.offset == 3)
        request.attempt = word + ".1"
        let second = try await uploads.create(request, actor: nil)
        #expect(second.id != first.id && second.offset == 0)
        // Another length, form or role is another upload.
        for change: (inout UploadRequest) -> Void in [
            { $0.length = 7 }, { $0.isSealed.toggle() },
            { $0.isEncrypted = !($0.isEncrypted ?? uploads.settings.isEncrypted) },
        ] {
            var other = request
            change(&other)
            if other.isSealed, other.isEncrypted != nil { continue }
            #expect(try await uploads.create(other, actor: nil).id != second.id)
        }
        request.length = 6
        request.role = .whole(name: "a.bin")
        guard !isSealed else { return }
        #expect(try await uploads.create(request, actor: nil).id != second.id)
    }

    /// Another process took bytes between the look into the catalog and the lock.
    @Test func whoReadTheUploadTooEarlyCutsNothing() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads()
        let old = try await uploads.create(Depot.request("a.bin", 6), actor: nil)
        let now = try await uploads.append(to: old.id, at: 0, Depot.body([1, 2, 3]))
        let early = await #expect(throws: AssetFileError.self) { _ = try await UploadReception(old, uploads) }
        #expect(early?.code == .busy)
        let stale = await #expect(throws: AssetFileError.self) { _ = try await uploads.record(old, after: old) }
        #expect(stale?.code == .busy)
        #expect(try await depot.catalog.upload(old.id) == now)
        let part = try #require(now.parts.last)
        #expect(try depot.storage.size(ofOriginal: part.id, in: nil) == 3)
    }

    @Test func anEmptyPartThatMayHaveBeenWrittenIsReplaced() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads()
        var upload = try await uploads.create(Depot.request("a.bin", 3), actor: nil)
        let part = try #require(upload.parts.last)
        upload.isWriting = true
        try await depot.catalog.apply([.updateUpload(upload)])
        let ended = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        #expect(ended.parts.count == 1 && ended.parts.last?.nonce != part.nonce)
        #expect(try depot.storage.originals().map(\.name) == ended.parts.map(\.id))
    }

    @Test func theQuotaHoldsForUploadsThatBeginAtOnce() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads(UploadSettings(quota: 10))
        let begun = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                group.addTask {
                    (try? await uploads.create(Depot.request("\(number)", 3), actor: nil)) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(begun == 3)
        #expect(try await depot.catalog.uploadedBytes() == 9)
        let error = await #expect(throws: AssetFileError.self) {
            try await uploads.create(Depot.request("more", 2), actor: nil)
        }
        #expect(error?.code == .quotaExceeded)
        #expect(error?.reason.contains("uploads.quota") == true)
        // A partial upload is counted before its file is.
        await #expect(throws: AssetFileError.self) {
            try await uploads.create(UploadRequest(asset: "film", role: .partial, length: 2), actor: nil)
        }
    }

    @Test func anAssetHasOnlySoManyFiles() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads(UploadSettings(filesPerAsset: 2))
        for name in ["a", "b"] { _ = try await uploads.create(Depot.request(name, 0), actor: nil) }
        let error = await #expect(throws: AssetFileError.self) {
            try await uploads.create(Depot.request("c", 0), actor: nil)
        }
        #expect(error?.code == .quotaExceeded)
        #expect(error?.reason.contains("uploads.filesPerAsset") == true)
        #expect(try await depot.catalog.assetFiles(asset: "film").count == 2)
    }

    /// Swift's shared threads are few, and requests need them.
    @Test func whatWaitsForTheDiskDoesSoOnThreadsOfItsOwn() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let threads = Mutex<[Bool]>([])
        let storage = StumblingStorage(storage: depot.storage, stumbles: false) { thread in
            threads.withLock { $0.append(thread.threadDictionary[BlockingThreads.mark] != nil) }
        }
        let uploads = depot.uploads(storage: storage)
        let upload = try await uploads.create(Depot.request("a.bin", 3), actor: nil)
        #expect(threads.withLock { $0 } == [true])
        _ = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        #expect(threads.withLock { $0 } == [true, true])
    }

    private struct PassingCheck: IngestCheck {
        var name: String
        var outcome = CheckFinding.Outcome.passed
        var onVerdict: @Sendable () async throws -> Void = {}

        func verdict(on content: CheckedContent) async throws -> IngestVerdict? {
            try await onVerdict()
            return IngestVerdict(outcome)
        }
    }

    /// Who does not know of a check that the catalog requires opens nothing for its own checks, and lets nothing out.
    @Test func requiredChecksHoldForWhoeverDoesNotKnowThem() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        try await depot.catalog.apply([.quarantine(.requireCheck(name: "scan"))])
        let ignorant = depot.uploads(checks: [
            PassingCheck(name: "rules") { Issue.record("opened before the scan") }
        ])
        let upload = try await ignorant.create(Depot.request("a.bin", 3), actor: nil)
        let whole = try await ignorant.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        guard case .whole(let file) = whole.role else { throw CatalogError(.corrupt, "\(whole.role)") }
        let waiting = try #require(try await ignorant.ingestWhenFree(file))
        #expect(waiting.state == .quarantine)
        #expect(waiting.reason?.contains("examined by scan, which this program is not configured for") == true)
        let record = try await depot.catalog.ingestRecord(file)
        #expect(record?.state == .waiting && record?.findings.map(\.check) == ["content"])
        depot.pass(60)
        let knowing = depot.uploads(checks: [PassingCheck(name: "scan"), PassingCheck(name: "rules")])
        #expect(try await knowing.ingestWhenFree(file)?.state == .ready)
        #expect(try await depot.catalog.ingestRecord(file)?.findings.map(\.check) == ["content", "scan", "rules"])
    }

    /// A check that came to be required while others were done: what they found lets nothing out, nor asks anybody to.
    @Test(arguments: [CheckFinding.Outcome.passed, .flagged])
    func aCheckThatBecomesRequiredMeanwhileHolds(outcome: CheckFinding.Outcome) async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads(checks: [
            PassingCheck(name: "rules", outcome: outcome) { [catalog = depot.catalog] in
                try await catalog.apply([.quarantine(.requireCheck(name: "scan"))])
            }
        ])
        let upload = try await uploads.create(Depot.request("a.bin", 3), actor: nil)
        let whole = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        guard case .whole(let file) = whole.role else { throw CatalogError(.corrupt, "\(whole.role)") }
        #expect(try await uploads.ingestWhenFree(file)?.state == .quarantine)
        #expect(try await depot.catalog.ingestRecord(file)?.state == .checking)
        #expect(try await uploads.ingestWhenFree(file)?.reason?.contains("examined by scan") == true)
        // Released, it is let out by what was found, or waits for a decision.
        try await depot.catalog.apply([.quarantine(.releaseCheck(name: "scan"))])
        depot.pass(60)
        #expect(try await uploads.ingestWhenFree(file)?.state == (outcome == .passed ? .ready : .quarantine))
        #expect(try await depot.catalog.ingestRecord(file)?.state == (outcome == .passed ? .passed : .review))
    }

    @Test func anUploadThatWentOnIsNotRemovedByWhoKnowsAnOlderOne() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads(UploadSettings(expiry: 60))
        let upload = try await uploads.create(Depot.request("a.bin", 6), actor: nil)
        depot.pass(61)
        let stale = try await depot.catalog.uploads(expiringBefore: depot.now)
        #expect(stale == [upload])
        _ = try await uploads.append(to: upload.id, at: 0, Depot.body([1, 2, 3]))
        #expect(try await !uploads.remove(upload))
        #expect(try await uploads.upload(upload.id).offset == 3)
        try await uploads.removeExpired()
        #expect(try await uploads.upload(upload.id).offset == 3)
        depot.pass(61)
        try await uploads.removeExpired()
        #expect(try await depot.catalog.upload(upload.id) == nil)
        #expect(try depot.storage.originals().isEmpty)
    }

    @Test func anUploadThatWasRemovedDoesNotComeBack() async throws {
        let depot = try Depot()
        try await depot.makeAsset()
        let uploads = depot.uploads(UploadSettings(expiry: 60))
        let upload = try await uploads.create(Depot.request("a.bin", 6), actor: nil)
        let (body, sender) = AsyncStream.makeStream(of: [UInt8].self)
        let writing = Task { try await uploads.append(to: upload.id, at: 0, body) }
        sender.yield([1, 2, 3])
        while try await depot.catalog.upload(upload.id)?.isWriting != true { await Task.yield() }
        depot.pass(61)
        try await depot.uploads().removeExpired()
        sender.finish()
        await #expect(throws: AssetFileError.self) { try await writing.value }
        #expect(try await depot.catalog.upload(upload.id) == nil)
        #expect(try await depot.catalog.assetFile(asset: "film", name: "a.bin") == nil)
    }
}
