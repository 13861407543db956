import Catalog
import CatalogSQLite
import EncoderProtocol
import Foundation
import Jobs
import MediaModel
import MediaStorage
import Testing

@Suite struct EncodingWorkerTests {
    private func run(
        _ workshop: Workshop, _ encoder: String, limits: EncodingLimits = EncodingLimits()
    ) async throws -> JobRecord {
        let job = try await workshop.submit()
        return try await workshop.queue(workshop.worker(encoder, limits: limits)).waitForEnd(of: job.id) { _ in }
    }

    @Test func aGoodStreamBecomesAVersion() async throws {
        let workshop = try Workshop()
        let ended = try await run(workshop, workshop.encoder("cat \"$STREAM\"", stream: Wire.good()))
        #expect(ended.state == .finished)
        #expect(ended.version == 1)
        let version = try #require(try await workshop.catalog.assetVersion(asset: "film", number: 1))
        let track = try #require(version.tracks.first)
        #expect(track.description.name == "audio-und-128k")
        // Clear media is not on the disk.
        let stored = try workshop.storage.contents(
            of: StoredFile(asset: "film", version: 1, name: track.mediaFile), limit: 1000)
        #expect(stored.count == 60)
        #expect(Array(stored) != Wire.media)
    }

    @Test func aSecondEncodeMakesASecondVersionWithOtherNonces() async throws {
        let workshop = try Workshop()
        let encoder = try workshop.encoder("cat \"$STREAM\"", stream: Wire.good())
        _ = try await run(workshop, encoder)
        let second = try await run(workshop, encoder)
        #expect(second.version == 2)
        var nonces: Set<UInt64> = []
        for number in 1...2 {
            for track in try await workshop.catalog.assetVersion(asset: "film", number: number)?.tracks ?? [] {
                #expect(nonces.insert(track.mediaNonce).inserted)
            }
        }
        #expect(nonces.count == 2)
    }

    /// Whatever a child does wrong ends in an error with a code, and leaves neither asset nor file.
    enum Misdeed: String, CaseIterable {
        case saysNothing, exitsInTheMiddle, isKilled, failsWithAReason, writesNonsense, announcesAGiantFrame,
            repeatsATrack
        case indexWithoutMedia, indexOfAnotherSize, noTrack, goesOnAfterItsEnd, twoTracksWithOneName, exitsWithAnError
        case badEvent, tooMuch, takesTooLong

        var stream: [UInt8] {
            get throws {
                switch self {
                case .saysNothing, .takesTooLong: []
                case .exitsInTheMiddle, .isKilled: Array(try Wire.good().prefix(120))
                case .failsWithAReason: try Wire.event(.failed(code: .truncated, message: "it is cut"))
                case .writesNonsense: Array("nonsense, not a frame".utf8)
                case .announcesAGiantFrame: [2, 0, 0, 0, 255, 255, 255, 127]
                case .repeatsATrack:
                    try Array(Wire.good().dropLast(Wire.event(.finished).count)) + Wire.frame(.media, 0, [1])
                case .indexWithoutMedia:
                    try Wire.frame(.index, 0, Wire.index()) + Wire.frame(.trackEnd) + Wire.event(.finished)
                case .indexOfAnotherSize:
                    try Wire.frame(.media, 0, Wire.media) + Wire.frame(.index, 0, Wire.index(mediaSize: 61))
                        + Wire.frame(.trackEnd) + Wire.event(.finished)
                case .noTrack: try Wire.event(.finished)
                case .goesOnAfterItsEnd: try Wire.good() + Wire.frame(.media, 1, [1])
                case .twoTracksWithOneName:
                    try (0...1).flatMap { track in
                        try Wire.frame(.media, track, Wire.media) + Wire.frame(.index, track, Wire.index())
                            + Wire.frame(.trackEnd, track)
                    } + Wire.event(.finished)
                case .exitsWithAnError, .tooMuch: try Wire.good()
                case .badEvent: Wire.frame(.event, 0, Array("{\"nonsense\":1}".utf8))
                }
            }
        }

        var script: String {
            switch self {
            case .isKilled: "cat \"$STREAM\"; kill -9 $$"
            case .exitsWithAnError: "cat \"$STREAM\"; exit 1"
            case .failsWithAReason: "cat \"$STREAM\"; exit 65"
            case .takesTooLong: "exec sleep 60"
            default: "cat \"$STREAM\""
            }
        }

        var code: String {
            switch self {
            case .failsWithAReason: EncoderFailureCode.truncated.rawValue
            case .saysNothing, .exitsInTheMiddle, .isKilled, .exitsWithAnError: JobFailure.Code.encoderCrashed.rawValue
            case .tooMuch, .takesTooLong: JobFailure.Code.limitExceeded.rawValue
            case .repeatsATrack, .writesNonsense, .announcesAGiantFrame, .indexWithoutMedia, .indexOfAnotherSize,
                .noTrack,
                .goesOnAfterItsEnd, .twoTracksWithOneName, .badEvent:
                JobFailure.Code.encoderProtocol.rawValue
            }
        }
    }

    @Test(arguments: Misdeed.allCases)
    func aMisdeedEndsInAnErrorAndLeavesNothing(misdeed: Misdeed) async throws {
        let workshop = try Workshop()
        var limits = EncodingLimits()
        if misdeed == .takesTooLong { limits.wallTime = 1 }
        if misdeed == .tooMuch { limits.output = 50 }
        let ended = try await run(
            workshop, workshop.encoder(misdeed.script, stream: misdeed.stream), limits: limits)
        #expect(ended.state == .error)
        #expect(ended.errorCode == misdeed.code, "\(ended.errorMessage ?? "")")
        #expect(ended.errorMessage?.contains("/in/film.mp4") == true)
        #expect(try await workshop.catalog.assets(Page()).isEmpty)
        #expect(try await workshop.catalog.contentKeys(Page()).isEmpty)
        #expect(workshop.mediaFiles().isEmpty)
    }

    @Test func theChildSeesNoEnvironment() async throws {
        let workshop = try Workshop()
        let seen = workshop.folder + "/environment"
        _ = try await run(workshop, workshop.encoder("env > '\(seen)'; cat \"$STREAM\"", stream: Wire.good()))
        // What a shell sets by itself.
        let names = try String(contentsOfFile: seen, encoding: .utf8).split(separator: "\n").map {
            $0.prefix { $0 != "=" }
        }
        #expect(Set(names).isSubset(of: ["PWD", "OLDPWD", "SHLVL", "_"]))
    }

    @Test func aMissingEncoderIsSaid() async throws {
        let workshop = try Workshop()
        let ended = try await run(workshop, workshop.folder + "/nothing")
        #expect(ended.errorCode == JobFailure.Code.encoderMissing.rawValue)
    }
}

@Suite struct JobQueueTests {
    @Test(arguments: [(1, JobState.finished), (2, .finished), (3, .error)])
    func aLostWorkersJobIsTriedAgainButNotForEver(attempt: Int, state: JobState) async throws {
        let workshop = try Workshop()
        let job = try await workshop.submit()
        for _ in 1..<attempt { try await workshop.loseTask() }
        #expect(try await workshop.catalog.takeNextTask(of: [.encode], at: Date())?.task.attempt == attempt)
        let encoder = try workshop.encoder("cat \"$STREAM\"", stream: Wire.good())
        let ended = try await workshop.queue(workshop.worker(encoder)).waitForEnd(of: job.id) { _ in }
        #expect(ended.state == state)
        if state == .error { #expect(ended.errorCode == JobFailure.Code.workerLost.rawValue) }
    }

    @Test func whatADeadWorkerLeftIsRemoved() async throws {
        let workshop = try Workshop()
        let staged = workshop.folder + "/media/staging/dead"
        let orphan = workshop.folder + "/media/assets/ghost/v1"
        for path in [staged, orphan] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        let job = try await workshop.submit()
        let encoder = try workshop.encoder("cat \"$STREAM\"", stream: Wire.good())
        _ = try await workshop.queue(workshop.worker(encoder)).waitForEnd(of: job.id) { _ in }
        #expect(!FileManager.default.fileExists(atPath: staged))
        #expect(!FileManager.default.fileExists(atPath: orphan))
        #expect(FileManager.default.fileExists(atPath: workshop.folder + "/media/assets/film/v1"))
    }

    @Test func aStoppedWorkerLeavesItsJobQueued() async throws {
        let workshop = try Workshop()
        let job = try await workshop.submit()
        let queue = workshop.queue(workshop.worker(try workshop.encoder("exec sleep 60")))
        let running = Task { await queue.run() }
        while try await workshop.catalog.job(job.id)?.state != .processing {
            try await Task.sleep(for: .milliseconds(20))
        }
        running.cancel()
        await running.value
        #expect(try await workshop.catalog.job(job.id)?.state == .queued)
        #expect(workshop.mediaFiles().isEmpty)
    }
}
