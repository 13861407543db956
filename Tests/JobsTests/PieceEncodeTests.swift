import Catalog
import CatalogSQLite
import ContentKeys
import EncoderProtocol
import Foundation
import MediaModel
import MediaStorage
import Policies
import Synchronization
import Testing

@testable import Jobs

/// Films in pieces, with an encoder that is a script: what is kept, what is made again, how many run at once.
@Suite struct PieceEncodeTests {
    /// A workshop whose encoder answers by what it is asked for, and notes it.
    private struct Site {
        let workshop: Workshop
        let worker: EncodingWorker
        let shelf: PieceShelf

        /// - Parameters:
        ///   - misdeed: shell that runs before each piece, with the piece's first picture in `$FIRST`.
        ///   - times: the decode times that the pieces begin at.
        ///   - limit: of what the encoder may send, in bytes.
        init(
            misdeed: String = "", times: [UInt64] = [0, 1024, 2048], obstacle: String? = nil, limit: UInt64? = nil
        ) throws {
            workshop = try Workshop()
            shelf = try PieceShelf(root: workshop.folder + "/pieces")
            let film = DividedFilm(
                pieceSize: 100, pieceCount: 3, videoCount: 1, hasOthers: false, bitrateFactor: 1, form: "f",
                obstacle: obstacle)
            try Self.write(try Wire.event(.divided(film)) + Wire.event(.finished), workshop, "plan")
            for (number, time) in times.enumerated() {
                let stream =
                    try Wire.event(.progress(fraction: 0.5, seconds: 1, speed: 1))
                    + Wire.frame(.media, 0, Wire.media.map { $0 &+ UInt8(number) })
                    + Wire.frame(.index, 0, Wire.index(decodeTime: time)) + Wire.frame(.trackEnd)
                    + Wire.event(
                        .measured(RenditionQuality(name: "v", similarity: 0.9, signalToNoise: 40, pictures: 1)))
                    + Wire.event(.encoded(pictures: (number + 1) * 100)) + Wire.event(.finished)
                try Self.write(stream, workshop, "piece-\(number * 100)")
            }
            try Self.write(try Wire.good(), workshop, "whole")
            let script = """
                cd \(workshop.folder)
                case "$*" in
                *'"plan"'*) cat plan ;;
                *'"pictures"'*)
                    FIRST=$(echo "$*" | sed 's/.*"first":\\([0-9]*\\).*/\\1/')
                    echo "begin $FIRST" >> log
                    \(misdeed)
                    cat piece-$FIRST
                    echo "end $FIRST" >> log ;;
                *) echo whole >> log; cat whole ;;
                esac
                """
            var limits = EncodingLimits()
            if let limit { limits.output = limit }
            worker = workshop.worker(try workshop.encoder(script), limits: limits, pieces: shelf)
        }

        private static func write(_ bytes: [UInt8], _ workshop: Workshop, _ name: String) throws {
            try Data(bytes).write(to: URL(filePath: workshop.folder + "/" + name))
        }

        var log: [String] {
            let text = (try? String(contentsOfFile: workshop.folder + "/log", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        func submit(encoders: Int? = nil) async throws -> JobRecord {
            let preset = try #require(EncodingPreset.named("adaptive"))
            let text = try EncodingOrder(preset: preset, split: .seconds(10)).text()
            let job = JobRecord(id: JobID(), asset: "film", input: "/in/film.mp4", preset: text, created: Date())
            let options = TaskOptions(preset: text, encoders: encoders)
            try await workshop.catalog.apply([
                .insertJob(job, tasks: [TaskRecord(job: job.id, name: "encode", kind: .encode, options: options)])
            ])
            return job
        }

        func run(_ job: JobRecord, encoders: Int = 1) async throws -> JobRecord {
            let settings = JobQueueSettings(encoders: encoders, retries: RetryRule(lost: 2, delay: 0.05))
            return try await workshop.queue(worker, settings: settings).waitForEnd(of: job.id) { _ in }
        }

        /// What lies there of pieces.
        var left: [String] {
            (FileManager.default.enumerator(atPath: workshop.folder + "/pieces")?.compactMap { $0 as? String } ?? [])
                .filter { $0 != "assets" && $0 != "staging" }
        }

        func media() async throws -> [UInt8] {
            let asset = try #require(try await workshop.catalog.asset(named: "film"))
            let version = try #require(try await workshop.catalog.assetVersion(asset: "film", number: 1))
            let key = try #require(try await workshop.catalog.contentKey(asset.storageKey))
            let clear = try await worker.environment.unwrapper.unwrap(key.wrapped, for: .storage)
            let track = version.tracks[0]
            let reader = try workshop.storage.open(
                StoredFile(asset: "film", version: 1, name: track.mediaFile),
                form: .encrypted(clear, nonce: track.mediaNonce), verifying: track.tagsDigest)
            var bytes: [UInt8] = []
            try reader.append(0..<reader.size, to: &bytes)
            return bytes
        }
    }

    private static let joined = (0..<3).flatMap { number in Wire.media.map { $0 &+ UInt8(number) } }

    @Test func piecesAreJoinedInTheFilmsOrder() async throws {
        let site = try Site()
        let job = try await site.submit()
        let ended = try await site.run(job)
        #expect(ended.state == .finished, "\(ended.errorMessage ?? "")")
        // The last one shows that the film goes on to its end.
        #expect(site.log.filter { $0.hasPrefix("begin") } == ["begin 200", "begin 0", "begin 100"])
        #expect(try await site.media() == Self.joined)
        let track = try #require(try await site.workshop.catalog.assetVersion(asset: "film", number: 1)).tracks[0]
        #expect(track.segmentCount == 3 && track.duration == 3072 && track.mediaSize == 180)
        let result = try await site.workshop.catalog.tasks(of: job.id)[0].result
        #expect(result["pieces"] == "3" && result["quality.v"] == "SSIM 0.9000, PSNR 40.00 dB")
        #expect(site.left.isEmpty)
    }

    @Test func aLostWorkerCostsThePiecesUnderWay() async throws {
        let site = try Site(misdeed: "test $FIRST = 100 && ! test -e woken && exec sleep 60")
        let job = try await site.submit()
        let run = Task { try await site.run(job) }
        while !site.log.contains("begin 100") { try await Task.sleep(for: .milliseconds(20)) }
        run.cancel()
        _ = try? await run.value
        #expect(try await site.workshop.catalog.tasks(of: job.id)[0].state == .queued)
        try Data().write(to: URL(filePath: site.workshop.folder + "/woken"))
        #expect(try await site.run(job).state == .finished)
        #expect(
            site.log == ["begin 200", "end 200", "begin 0", "end 0", "begin 100", "begin 100", "end 100"])
        // The two runs had two keys.
        #expect(try await site.media() == Self.joined)
        #expect(site.left.isEmpty)
    }

    /// A run that ends while its last piece is made: two are kept.
    private func interrupted(_ site: Site) async throws -> JobRecord {
        let job = try await site.submit()
        let run = Task { try await site.run(job) }
        while !site.log.contains("begin 100") { try await Task.sleep(for: .milliseconds(20)) }
        run.cancel()
        _ = try? await run.value
        try Data().write(to: URL(filePath: site.workshop.folder + "/woken"))
        return job
    }

    private static let untilWoken = "test $FIRST = 100 && ! test -e woken && exec sleep 60"

    /// A piece whose bytes changed is made anew, and the whole joined anew, under nonces that the join before had not.
    @Test func aDamagedPieceIsMadeAnew() async throws {
        let site = try Site(misdeed: Self.untilWoken)
        let job = try await interrupted(site)
        let media = "\(site.workshop.folder)/pieces/assets/\(job.id.rawValue)/v1/track-0.cmaf"
        var bytes = try Data(contentsOf: URL(filePath: media))
        bytes[30] ^= 1
        try bytes.write(to: URL(filePath: media))
        let ended = try await site.run(job)
        #expect(ended.state == .finished, "\(ended.errorMessage ?? "")")
        #expect(
            site.log == [
                "begin 200", "end 200", "begin 0", "end 0", "begin 100", "begin 100", "end 100", "begin 0", "end 0",
            ])
        #expect(try await site.media() == Self.joined)
        #expect(ended.warnings.contains { $0.hasPrefix("piece 1 was damaged and made anew: ") })
        let version = try #require(try await site.workshop.catalog.assetVersion(asset: "film", number: 1))
        let tracks = UInt64(EncoderFrame.maximumTracks)
        #expect(version.tracks.allSatisfy { (tracks..<2 * tracks).contains($0.mediaNonce) })
        #expect(site.left.isEmpty)
        #expect(!site.workshop.mediaFiles().contains { $0.hasPrefix("staging/") })
    }

    /// The key-encryption key that the pieces' key was wrapped under is gone: what was kept is of no use.
    @Test(arguments: [false, true]) func piecesUnderARetiredKEKAreMadeAnew(isKnown: Bool) async throws {
        let site = try Site(misdeed: Self.untilWoken)
        let job = try await interrupted(site)
        try Self.rename(1, 7, ofPieces: job.id, site)
        if isKnown { try await Self.record(7, retired: Date(), site) }
        let ended = try await site.run(job)
        #expect(ended.state == .finished, "\(ended.errorMessage ?? "")")
        #expect(site.log.filter { $0.hasPrefix("end") } == ["end 200", "end 0", "end 200", "end 0", "end 100"])
        #expect(try await site.media() == Self.joined)
        #expect(site.left.isEmpty)
    }

    /// A key-encryption key that is in use and cannot be had is waited for: what was kept stays, and is used when it is back.
    @Test func piecesUnderAKEKThatIsOutOfReachAreKept() async throws {
        let site = try Site(misdeed: Self.untilWoken)
        let job = try await interrupted(site)
        try await Self.record(7, retired: nil, site)
        try Self.rename(1, 7, ofPieces: job.id, site)
        let run = Task { try await site.run(job) }
        while true {
            let task = try await site.workshop.catalog.tasks(of: job.id)[0]
            if task.errorCode != nil || task.state == .finished {
                #expect(task.errorCode == "keysAway", "\(task)")
                break
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        try Self.rename(7, 1, ofPieces: job.id, site)
        #expect(try await run.value.state == .finished)
        #expect(site.log == ["begin 200", "end 200", "begin 0", "end 0", "begin 100", "begin 100", "end 100"])
        #expect(try await site.media() == Self.joined)
        #expect(site.left.isEmpty)
    }

    /// Says in what was kept of an interrupted run that its key is wrapped under another version.
    private static func rename(_ old: Int, _ new: Int, ofPieces job: JobID, _ site: Site) throws {
        for version in [1, 3] {
            let path = "\(site.workshop.folder)/pieces/assets/\(job.rawValue)/v\(version)/piece.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains("\"kek\":\(old)"))
            try text.replacing("\"kek\":\(old)", with: "\"kek\":\(new)")
                .write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    /// The catalog knows a version of the key-encryption key that this process does not have.
    private static func record(_ version: Int, retired: Date?, _ site: Site) async throws {
        try await site.workshop.catalog.apply([
            .insertKEKVersion(
                KEKVersionRecord(
                    version: KEKVersion(rawValue: version), provider: .file, proof: [1], created: Date(),
                    completed: retired, retired: retired))
        ])
    }

    @Test(arguments: [1, 2, 3]) func encodersAreBounded(count: Int) async throws {
        let site = try Site(misdeed: "sleep 0.4")
        let ended = try await site.run(try await site.submit(encoders: 2), encoders: count)
        #expect(ended.state == .finished)
        var (running, most) = (0, 0)
        for line in site.log {
            running += line.hasPrefix("begin") ? 1 : -1
            most = max(most, running)
        }
        #expect(most == min(count, 2))
        #expect(try await site.media() == Self.joined)
    }

    @Test(arguments: ["of the input", "that do not fit", "that cannot be entered"])
    func whatPiecesCannotDoOneEncoderDoes(reason: String) async throws {
        let failure = try Wire.event(.failed(code: .damaged, message: "packets cannot be decoded"))
        let site =
            switch reason {
            case "of the input": try Site(misdeed: "test $FIRST = 100 && { cat failure; exit 65; }")
            case "that do not fit": try Site(times: [0, 1024, 4096])
            default: try Site(obstacle: "files of its format have no index")
            }
        try Data(failure).write(to: URL(filePath: site.workshop.folder + "/failure"))
        let job = try await site.submit()
        let ended = try await site.run(job)
        #expect(ended.state == .finished, "\(ended.errorMessage ?? "")")
        #expect(site.log.last == "whole")
        #expect(ended.warnings.contains { $0.hasPrefix("one encoder made it: ") })
        #expect(try await site.workshop.catalog.tasks(of: job.id)[0].result["pieces"] == "1")
        #expect(site.left.isEmpty)
        // Where pieces were tried a join may have written some of them under the first nonces.
        let version = try #require(try await site.workshop.catalog.assetVersion(asset: "film", number: 1))
        #expect(
            version.tracks.allSatisfy {
                ($0.mediaNonce < UInt64(EncoderFrame.maximumTracks)) == (reason == "that cannot be entered")
            })
    }

    /// A child that is killed costs its piece, and not the task.
    @Test func aKilledChildIsReplaced() async throws {
        let site = try Site(misdeed: "test -e killed-$FIRST || { touch killed-$FIRST; kill -9 $$; }")
        let job = try await site.submit()
        let ended = try await site.run(job)
        #expect(ended.state == .finished, "\(ended.errorMessage ?? "")")
        #expect(try await site.workshop.catalog.tasks(of: job.id)[0].attempt == 1)
        #expect(try await site.media() == Self.joined)
    }

    @Test func aCanceledJobLeavesNoPieces() async throws {
        let site = try Site(misdeed: "test $FIRST = 100 && exec sleep 60")
        let job = try await site.submit()
        let run = Task { try await site.run(job) }
        while !site.log.contains("begin 100") { try await Task.sleep(for: .milliseconds(20)) }
        #expect(!site.left.isEmpty)
        try await site.workshop.catalog.apply([.pipeline(.cancel(job.id, at: Date()))])
        #expect(try await run.value.state == .canceled)
        #expect(site.left.isEmpty)
    }

    /// The pieces of a job that is gone are removed at the next start.
    @Test func leftoversAreRemoved() async throws {
        let site = try Site()
        let staged = try site.shelf.storage.stage(in: nil)
        let record = PieceRecord(fingerprint: "", key: nil, tracks: [], pictures: nil, warnings: [], qualities: [])
        let job = try await site.submit()
        try site.shelf.put(record, staged, as: 0, of: job.id)
        let gone = JobID()
        try site.shelf.put(record, try site.shelf.storage.stage(in: nil), as: 0, of: gone)
        try await site.workshop.queue(site.worker).recover()
        #expect(site.left.contains { $0.contains(job.id.rawValue) })
        #expect(!site.left.contains { $0.contains(gone.rawValue) })
    }

    /// A job that is cancelled while it waits has no task that ends: housekeeping finds its pieces.
    @Test func housekeepingRemovesThePiecesOfJobsThatEnded() async throws {
        let site = try Site()
        let staged = try site.shelf.storage.stage(in: nil)
        let record = PieceRecord(fingerprint: "", key: nil, tracks: [], pictures: nil, warnings: [], qualities: [])
        let (job, other) = (try await site.submit(), try await site.submit())
        for id in [job.id, other.id] {
            try site.shelf.put(record, try site.shelf.storage.stage(in: nil), as: 0, of: id)
        }
        try await site.workshop.catalog.apply([.pipeline(.cancel(job.id, at: Date()))])
        _ = try staged.create("half")
        try await site.workshop.queue(site.worker).removePiecesOfEndedJobs()
        #expect(!site.left.contains { $0.contains(job.id.rawValue) })
        #expect(site.left.contains { $0.contains(other.id.rawValue) })
        // What another piece is being written to stays.
        #expect(site.left.contains { $0.hasSuffix("half") })
    }

    /// However many pieces an encoder says there are, they have the bytes of one encode.
    @Test func allPiecesHaveOneLimit() async throws {
        // A piece has 60 bytes of media, its index and its events.
        let size = try Wire.index().count + 60
        let roomy = try Site(limit: UInt64(10 * size + 10_000))
        #expect(try await roomy.run(try await roomy.submit()).state == .finished)
        let narrow = try Site(limit: UInt64(2 * size))
        let ended = try await narrow.run(try await narrow.submit())
        #expect(ended.state == .error && ended.errorCode == "limitExceeded")
        #expect(narrow.log.filter { $0.hasPrefix("begin") }.count == 2)
        #expect(narrow.left.isEmpty)
    }

    @Test func whatIsThrownAwayIsGivenBack() throws {
        let budget = OutputBudget(100)
        try budget.take(80)
        #expect(throws: JobFailure.self) { try budget.take(30) }
        budget.giveBack(110)
        try budget.take(100)
        #expect(throws: JobFailure.self) { try budget.take(.max) }
    }

    @Test func stillPicturesOfAKindAreOneTrack() {
        func track(_ role: ImageFormat.Role, _ name: String) -> TrackRecord {
            TrackRecord(
                description: TrackDescription(
                    name: name, kind: .image,
                    codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"),
                    timescale: 1000, averageBitrate: 1, peakBitrate: 1,
                    image: ImageFormat(role: role, width: 16, height: 16, interval: 1)),
                duration: 1, segmentCount: 1, mediaFile: "m", indexFile: "i", mediaSize: 1, mediaNonce: 1,
                indexDigest: [])
        }
        #expect([track(.thumbnails, "a"), track(.poster, "b")].hasStillsOnce)
        #expect(![track(.thumbnails, "a"), track(.poster, "b"), track(.thumbnails, "c")].hasStillsOnce)
    }

    /// Work that ends before anybody can stop it leaves no place taken, and what is canceled before it can be stopped is stopped.
    @Test func whatEndsAtOnceIsNotUnderWay() {
        let running = RunningTasks()
        let task = TaskRecord(job: JobID(), name: "notify", kind: .notify, options: TaskOptions())
        running.add(task)
        running.remove(task)
        running.began(task) { Issue.record("it has ended") }
        #expect(running.isEmpty && running.count(encoding: false) == 0)
        running.stopAll()
        running.add(task)
        running.cancel(task)
        let stopped = Mutex(0)
        running.began(task) { stopped.withLock { $0 += 1 } }
        #expect(stopped.withLock { $0 } == 1)
    }

    @Test func placesOfEncodersAreBounded() {
        let running = RunningTasks()
        let task = TaskRecord(job: JobID(), name: "encode", kind: .encode, options: TaskOptions())
        #expect(running.takePlace(of: 2))
        running.add(task)
        #expect(!running.takePlace(of: 2))
        running.givePlaceBack()
        #expect(running.takePlace(of: 2))
        running.remove(task)
        #expect(running.takePlace(of: 2) && !running.takePlace(of: 2))
    }

    @Test func qualityOfPiecesIsWeighted() {
        let joined = RenditionQuality.joined([
            RenditionQuality(name: "v", similarity: 1, signalToNoise: nil, pictures: 300),
            RenditionQuality(name: "v", similarity: 0.8, signalToNoise: 30, pictures: 100),
        ])
        #expect(joined.count == 1 && joined[0].pictures == 400)
        #expect(abs(joined[0].similarity - 0.95) < 1e-9)
        // A quarter of the error of 30 dB.
        #expect(abs((joined[0].signalToNoise ?? 0) - 36.0206) < 0.001)
    }
}
