import Catalog
import CatalogSQLite
import Foundation
import MediaStorage
import Testing

@testable import Jobs

/// What workers that died left in storage accounts, of which one is away when the next worker begins.
@Suite struct LeftoversTests {
    private struct Site {
        let workshop: Workshop
        let storage: StorageAccounts
        let worker: EncodingWorker
        private var films: String { workshop.folder + "/films" }

        init() throws {
            workshop = try Workshop()
            let films = workshop.folder + "/films"
            let mark = try StorageAccountMark.make(films, name: "films")
            storage = StorageAccounts([
                StorageAccount(name: nil, weight: 1, place: "media", engine: workshop.storage),
                StorageAccount(
                    name: "films", weight: 1, place: films, engine: FileSystemMediaStorage(root: films, mark: mark)),
            ])
            worker = workshop.worker(
                try workshop.encoder("cat \"$STREAM\"", stream: Wire.good()), storage: storage)
        }

        func unmount() throws { try FileManager.default.moveItem(atPath: films, toPath: films + ".away") }
        func mount() throws { try FileManager.default.moveItem(atPath: films + ".away", toPath: films) }

        /// A version without a record.
        func leave(_ asset: String, _ version: Int = 1, in account: String?) throws {
            let staged = try storage.stage(in: account)
            let file = try staged.create("a")
            try file.close()
            try staged.commit(asset: asset, version: version)
        }

        func encode(_ asset: String, to account: String) async throws -> JobRecord {
            var job = JobRecord(id: JobID(), asset: asset, input: "/in/film.mp4", preset: "adaptive", created: Date())
            job.storageAccount = account
            try await workshop.catalog.apply([.insertJob(job)])
            return job
        }

        func has(_ asset: String, _ version: Int = 1, in account: String?) -> Bool {
            let root = account == nil ? workshop.folder + "/media" : films
            return FileManager.default.fileExists(atPath: root + "/assets/\(asset)/v\(version)")
        }

        var staged: [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: films + "/staging")) ?? []
        }
    }

    @Test func anAccountThatWasAwayHasItsTurnWhenItIsBack() async throws {
        let site = try Site()
        let queue = site.workshop.queue(site.worker)
        #expect(
            try await queue.waitForEnd(of: try await site.encode("kept", to: "films").id) { _ in }.state == .finished)
        #expect(
            try await queue.waitForEnd(of: try await site.encode("film", to: "default").id) { _ in }.state == .finished)
        // A record of another account is none of this one.
        for asset in ["film", "gone"] { try site.leave(asset, in: "films") }
        try site.leave("gone", in: nil)
        // It removes itself when it is let go of, which whoever dies does not do.
        let lost = try site.storage.stage(in: "films")
        defer { withExtendedLifetime(lost) {} }
        try site.unmount()
        try await queue.recover()
        #expect(!site.has("gone", in: nil) && site.has("film", in: nil))
        try await queue.removeLeftovers()
        try site.mount()
        #expect(site.has("gone", in: "films") && site.staged.count == 1)
        try await queue.removeLeftovers()
        #expect(!site.has("gone", in: "films") && !site.has("film", in: "films") && site.staged.isEmpty)
        #expect(site.has("kept", in: "films") && site.has("film", in: nil))
        // It had its turn: what is being written now is nobody's leftover.
        let writing = try site.storage.stage(in: "films")
        try await queue.removeLeftovers()
        #expect(site.staged.count == 1)
        writing.discard()
    }

    /// An asset that was deleted while the account was away is in nobody's way when it is back, nor are versions of another one.
    @Test func whatWasDeletedWhileTheAccountWasAwayGivesWay() async throws {
        let site = try Site()
        let queue = site.workshop.queue(site.worker)
        func run(_ account: String) async throws -> JobRecord {
            try await queue.waitForEnd(of: try await site.encode("film", to: account).id) { _ in }
        }
        await site.worker.environment.leftovers.begin()
        #expect(try await run("films").state == .finished)
        try site.unmount()
        try await site.workshop.catalog.apply([.deleteAsset(name: "film")])
        try site.storage.removeVersions(of: "film")
        #expect(try await run("default").version == 1)
        try site.mount()
        // Those of the asset that was deleted.
        try site.leave("film", 2, in: "films")
        try site.leave("other", in: "films")
        let ended = try await run("films")
        #expect(ended.state == .finished && ended.version == 2, "\(ended.errorMessage ?? "")")
        #expect(site.has("film", 2, in: "films") && !site.has("film", in: "films") && site.has("film", in: nil))
        #expect(try await run("films").version == 3)
        #expect(site.has("film", 2, in: "films") && site.has("film", 3, in: "films"))
    }

    /// Nothing is written to an account that is back before its leftovers are removed: they would not be told apart.
    @Test func whoWritesThereFirstRemovesThem() async throws {
        let site = try Site()
        try site.leave("gone", in: "films")
        let lost = try site.storage.stage(in: "films")
        defer { withExtendedLifetime(lost) {} }
        try site.unmount()
        let leftovers = site.worker.environment.leftovers
        await leftovers.begin()
        #expect(try await leftovers.removeAll().isEmpty)
        try site.mount()
        let job = try await site.encode("film", to: "films")
        let target = try await EncodingTarget(job, site.worker.environment)
        #expect(target.account == "films")
        #expect(!site.has("gone", in: "films") && site.staged.isEmpty)
        // Many at once come after one removal.
        await leftovers.begin()
        let staged = try await withThrowingTaskGroup(of: (any StagedVersion).self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try await leftovers.remove(from: "films")
                    return try site.storage.stage(in: "films")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(site.staged.count == 16)
        for one in staged { one.discard() }
    }
}
