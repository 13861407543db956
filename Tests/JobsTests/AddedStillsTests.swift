import Catalog
import CatalogSQLite
import ContentKeys
import EncoderProtocol
import Foundation
import Glibc
import MediaModel
import MediaStorage
import Policies
import Testing

@testable import Jobs

/// Thumbnails and poster of a version that is there: the next version has the same files, and the pictures besides. The encoder
/// is a script, which says what it is asked in its arguments.
@Suite struct AddedStillsTests {
    private final class Site: Sendable {
        let workshop: Workshop
        let worker: EncodingWorker

        /// - Parameters:
        ///   - film: what an encode sends.
        ///   - misdeed: done by the script before it sends pictures.
        init(film: [UInt8]? = nil, stills: [UInt8]? = nil, misdeed: String = "") throws {
            workshop = try Workshop()
            try Self.write(try film ?? Made.film(), workshop, "film")
            try Self.write(try stills ?? Made.stills([.thumbnails, .poster]), workshop, "stills")
            let script = """
                cd \(workshop.folder)
                case "$*" in
                *'"stills"'*) echo "$*" >> log; \(misdeed)
                    cat stills ;;
                *) cat film ;;
                esac
                """
            worker = workshop.worker(try workshop.encoder(script))
        }

        static func write(_ bytes: [UInt8], _ workshop: Workshop, _ name: String) throws {
            try Data(bytes).write(to: URL(filePath: workshop.folder + "/" + name))
        }

        var catalog: SQLiteCatalog { workshop.catalog }

        func run(
            _ kinds: [TaskKind], poster: Bool? = nil, encrypted: Bool? = nil, steps: PipelineSteps = .none
        ) async throws -> JobRecord {
            let encodes = kinds.contains(.encode)
            let job = JobRecord(
                id: JobID(), asset: "film", input: encodes ? "/in/film.mp4" : "",
                preset: encodes ? "adaptive" : JobRecord.noPreset, created: Date(), isStorageEncrypted: encrypted)
            var before: [String] = []
            let tasks = kinds.map { kind in
                var task = TaskRecord(job: job.id, name: kind.rawValue, kind: kind, dependencies: before)
                if kind == .encode { task.options.preset = "adaptive" }
                if kind == .thumbnails, let poster {
                    if poster { task.options.poster = TaskPoster(position: 1, width: 640) }
                    task.options.thumbnails = TaskThumbnails(interval: 2, width: 160, columns: 2, rows: 2)
                }
                before = [kind.rawValue]
                return task
            }
            try await catalog.apply([.insertJob(job, tasks: tasks)])
            return try await workshop.queue(worker, steps: steps).waitForEnd(of: job.id) { _ in }
        }

        func version(_ number: Int) async throws -> AssetVersionRecord {
            try #require(try await catalog.assetVersion(asset: "film", number: number))
        }

        func current() async throws -> Int? { try await catalog.asset(named: "film")?.currentVersion }

        func media(_ track: TrackRecord, of version: Int) async throws -> [UInt8] {
            let asset = try #require(try await catalog.asset(named: "film"))
            let key = try #require(try await catalog.contentKey(asset.storageKey))
            let clear = try await worker.environment.unwrapper.unwrap(key.wrapped, for: .storage)
            let reader = try workshop.storage.open(
                StoredFile(asset: "film", version: version, name: track.mediaFile),
                form: track.isStorageEncrypted ? .encrypted(clear, nonce: track.mediaNonce) : .clear,
                verifying: track.tagsDigest)
            var bytes: [UInt8] = []
            try reader.append(0..<reader.size, to: &bytes)
            return bytes
        }

        func links(_ file: String, of version: Int) -> UInt {
            var facts = stat()
            return stat("\(workshop.folder)/media/assets/film/v\(version)/\(file)", &facts) == 0
                ? UInt(facts.st_nlink) : 0
        }

        var asked: [String] {
            let text = (try? String(contentsOfFile: workshop.folder + "/log", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        var staged: [String] { workshop.mediaFiles().filter { $0.hasPrefix("staging/") } }
    }

    /// Streams of films and of pictures.
    private enum Made {
        static func video(_ name: String, _ side: Int, codec: FourCC = "avc1") throws -> [UInt8] {
            var builder = TrackIndexBuilder()
            builder.addSegment(
                decodeTime: 0,
                samples: [
                    .init(offset: 10, size: 50, duration: 1024, compositionOffset: 0, isSync: true, subsamples: [])
                ])
            let description = TrackDescription(
                name: name, kind: .video,
                codec: CodecConfiguration(sampleEntry: codec, decoderSpecific: [1], codecString: "video"),
                timescale: 48_000, averageBitrate: 1, peakBitrate: 1,
                video: VideoFormat(width: side, height: side / 2, frameRateNumerator: 25, frameRateDenominator: 1))
            return Array(try builder.encode(description: description, mediaSize: 60))
        }

        static func still(_ role: ImageFormat.Role) throws -> [UInt8] {
            var builder = TrackIndexBuilder()
            builder.addSegment(
                decodeTime: 0,
                samples: [
                    .init(offset: 0, size: 60, duration: 1024, compositionOffset: 0, isSync: true, subsamples: [])
                ])
            let description = TrackDescription(
                name: role.rawValue, kind: .image,
                codec: CodecConfiguration(sampleEntry: "jpeg", decoderSpecific: [], codecString: "jpeg"),
                timescale: 48_000, averageBitrate: 1, peakBitrate: 1,
                image: ImageFormat(role: role, width: 16, height: 16, interval: 1024))
            return Array(try builder.encode(description: description, mediaSize: 60))
        }

        static func tracks(_ indexes: [[UInt8]], from byte: UInt8) throws -> [UInt8] {
            try indexes.enumerated().flatMap { number, index in
                Wire.frame(.media, number, Wire.media.map { $0 &+ byte &+ UInt8(number) })
                    + Wire.frame(.index, number, index) + Wire.frame(.trackEnd, number)
            } + Wire.event(.finished)
        }

        static func film() throws -> [UInt8] {
            try tracks([video("video-360p", 640), video("video-1080p", 1920), Wire.index()], from: 0)
        }

        static func stills(_ roles: [ImageFormat.Role], from byte: UInt8 = 100) throws -> [UInt8] {
            try tracks(roles.map(still), from: byte)
        }
    }

    private static let names = ["video-360p", "video-1080p", "audio-und-128k", "thumbnails", "poster"]

    @Test func theNextVersionHasTheSameFilesAndThePictures() async throws {
        let site = try Site()
        let job = try await site.run([.encode, .thumbnails])
        #expect(job.state == .finished, "\(job.errorMessage ?? "")")
        #expect(try await site.current() == 2 && job.version == 2)
        let (first, second) = (try await site.version(1), try await site.version(2))
        #expect(first.tracks.map(\.description.name) == Array(Self.names.prefix(3)))
        #expect(second.tracks.map(\.description.name) == Self.names)
        for (place, track) in second.tracks.enumerated() {
            let isShared = place < 3
            for file in [track.mediaFile, track.indexFile, track.mediaFile + ".tags"] {
                #expect(site.links(file, of: 2) == (isShared ? 2 : 1), "\(file)")
            }
            let expected = Wire.media.map { $0 &+ (isShared ? UInt8(place) : UInt8(97 + place)) }
            #expect(try await site.media(track, of: 2) == expected)
        }
        // What is shared has its nonce, and no other file has it.
        #expect(Array(second.tracks.prefix(3)).map(\.mediaNonce) == first.tracks.map(\.mediaNonce))
        #expect(Set(second.tracks.map(\.mediaNonce)).count == 5)
        let task = try await site.catalog.tasks(of: job.id)[1]
        #expect(
            task.result == [
                "version": "2", "from": "1", "rendition": "video-1080p", "tracks": "thumbnails, poster",
            ])
        // Nothing but two sockets is named to the child, whose index is input 1.
        let arguments = try #require(site.asked.first)
        #expect(arguments.contains("\"index\":1") && arguments.contains("original:/tmp/keyway-"))
        #expect(!arguments.contains(site.workshop.folder + "/media"))
        #expect(site.staged.isEmpty)
        // The version before may go.
        try site.workshop.storage.removeVersions(of: "film", in: nil) { $0 == 2 }
        #expect(try await site.media(second.tracks[0], of: 2) == Wire.media)
    }

    /// Pictures of a kind take the place of those that there are; others stay.
    @Test func picturesAreReplaced() async throws {
        let site = try Site()
        _ = try await site.run([.encode, .thumbnails])
        try Site.write(try Made.stills([.thumbnails], from: 150), site.workshop, "stills")
        let job = try await site.run([.thumbnails], poster: false)
        #expect(job.state == .finished && job.inputs.isEmpty, "\(job.errorMessage ?? "")")
        #expect(try await site.current() == 3)
        let third = try await site.version(3)
        #expect(
            third.tracks.map(\.description.name) == [
                "video-360p", "video-1080p", "audio-und-128k", "poster", "thumbnails",
            ])
        #expect(try await site.media(third.tracks[4], of: 3) == Wire.media.map { $0 &+ 150 })
        #expect(try await site.media(third.tracks[3], of: 3) == Wire.media.map { $0 &+ 101 })
        var nonces: Set<UInt64> = []
        for number in 1...3 { nonces.formUnion(try await site.version(number).tracks.map(\.mediaNonce)) }
        #expect(nonces.count == 6)
        // For thumbnails of 160 pixels the small rendition is enough.
        #expect(try await site.catalog.tasks(of: job.id)[0].result["rendition"] == "video-360p")
    }

    /// Of the version that is served, since a newer one may have been withdrawn.
    @Test func theVersionThatIsServedHasThem() async throws {
        let site = try Site()
        _ = try await site.run([.encode])
        _ = try await site.run([.encode])
        try await site.catalog.apply([.setCurrentVersion(asset: "film", number: 1)])
        let job = try await site.run([.thumbnails])
        #expect(try await site.catalog.tasks(of: job.id)[0].result["from"] == "1")
        #expect(try await site.current() == 3)
    }

    /// Where the job publishes, its task does; and it gets the version with the pictures.
    @Test func whatAJobPublishesIsNotServedBefore() async throws {
        let site = try Site()
        let seen = Versions()
        var steps = PipelineSteps.none
        steps.verify = { input in
            await seen.note(input.version.number, try await site.current())
            return TaskOutcome()
        }
        steps.publish = { input in
            await seen.note(input.version.number, try await site.current())
            return TaskOutcome(changes: [.setCurrentVersion(asset: "film", number: input.version.number)])
        }
        let job = try await site.run([.encode, .thumbnails, .verify, .publish], steps: steps)
        #expect(job.state == .finished, "\(job.errorMessage ?? "")")
        #expect(await seen.all == [[2, nil], [2, nil]])
        #expect(try await site.current() == 2)
    }

    private actor Versions {
        var all: [[Int?]] = []
        func note(_ version: Int, _ current: Int?) { all.append([version, current]) }
    }

    /// What is withdrawn while pictures of it are made does not come back with them.
    @Test func whatIsWithdrawnMeanwhileStaysSo() async throws {
        let site = try Site(misdeed: "touch begun; while ! test -e goon; do sleep 0.05; done")
        _ = try await site.run([.encode])
        _ = try await site.run([.encode])
        async let ended = site.run([.thumbnails])
        for _ in 0..<6000 where !FileManager.default.fileExists(atPath: site.workshop.folder + "/begun") {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await site.current() == 2)
        try await site.catalog.apply([.setCurrentVersion(asset: "film", number: 1)])
        try Site.write([], site.workshop, "goon")
        let job = try await ended
        #expect(job.state == .finished, "\(job.errorMessage ?? "")")
        #expect(try await site.current() == 1)
        // It is there for who wants it.
        #expect(try await site.version(3).tracks.count > site.version(2).tracks.count)
    }

    /// A child that is killed is tried again: one version comes of it, under nonces of its own.
    @Test func aLostChildIsTriedAgain() async throws {
        let site = try Site(misdeed: "test -e killed || { touch killed; head -c 200 stills; kill -9 $$; }")
        let job = try await site.run([.encode, .thumbnails])
        #expect(job.state == .finished, "\(job.errorMessage ?? "")")
        #expect(site.asked.count == 2)
        #expect(try await site.catalog.assetVersions(asset: "film") == [1, 2])
        #expect(site.staged.isEmpty)
        // Those of the first try are not given again.
        let first = try await site.version(1).tracks.map(\.mediaNonce)
        let stills = try await site.version(2).tracks.suffix(2).map(\.mediaNonce)
        #expect(first == [0, 1, 2] && stills == [5, 6])
    }

    /// A worker that dies between the files and their record leaves a folder that nobody knows: the next one takes its place.
    @Test func aWorkerThatDiedLeavesNothing() async throws {
        let site = try Site()
        _ = try await site.run([.encode])
        let staged = try site.workshop.storage.stage(in: nil)
        try site.workshop.storage.share(
            StoredFile(asset: "film", version: 1, name: "track-0.cmaf"), with: staged, as: "track-0.cmaf")
        try staged.commit(asset: "film", version: 2)
        let job = try await site.run([.thumbnails])
        #expect(job.state == .finished, "\(job.errorMessage ?? "")")
        #expect(try await site.current() == 2)
        #expect(try await site.media(try await site.version(2).tracks[0], of: 2) == Wire.media)
        #expect(site.links("track-0.cmaf", of: 2) == 2)
    }

    /// Another codec is looked at where this FFmpeg has no decoder for the best one.
    @Test(arguments: [true, false]) func aCodecThatIsNotDecodedIsPassedOver(hasOther: Bool) async throws {
        let renditions =
            [try Made.video("video-hevc", 1920, codec: "hvc1")]
            + (hasOther ? [try Made.video("video-avc", 640)] : [])
        let refusal = try Wire.event(
            .failed(code: .unsupportedCodec, message: "there is no decoder for its video (hevc)"))
        let site = try Site(
            film: try Made.tracks(renditions, from: 0),
            misdeed: "test -e asked || { touch asked; cat refusal; exit 65; }")
        try Site.write(refusal, site.workshop, "refusal")
        let job = try await site.run([.encode, .thumbnails])
        if hasOther {
            #expect(job.state == .finished, "\(job.errorMessage ?? "")")
            #expect(try await site.catalog.tasks(of: job.id)[1].result["rendition"] == "video-avc")
        } else {
            #expect(job.state == .error && job.errorCode == "unsupportedCodec")
            #expect(job.errorMessage?.contains("video-hevc: there is no decoder") == true, "\(job.errorMessage ?? "")")
            #expect(try await site.catalog.assetVersions(asset: "film") == [1])
        }
        #expect(site.staged.isEmpty)
    }

    enum Refusal: String, CaseIterable { case soundAlone, noAsset, noPictures, sendsSound }

    @Test(arguments: Refusal.allCases) func whatCannotBeIsSaid(refusal: Refusal) async throws {
        let site =
            switch refusal {
            case .soundAlone: try Site(film: Wire.good())
            case .noPictures:
                try Site(
                    stills: Wire.event(.warning(message: "no thumbnails are made: it is short")) + Wire.event(.finished)
                )
            case .sendsSound: try Site(stills: Wire.good())
            case .noAsset: try Site()
            }
        let job = try await site.run(refusal == .noAsset ? [.thumbnails] : [.encode, .thumbnails])
        #expect(job.state == .error)
        let told = (job.errorCode ?? "") + ": " + (job.errorMessage ?? "")
        switch refusal {
        case .soundAlone:
            #expect(
                told.hasPrefix("noVideo: version 1 of asset 'film' has no video: thumbnails and poster are"), "\(told)")
        case .noAsset: #expect(told.hasPrefix("notConfigured: there is no asset 'film'"), "\(told)")
        case .noPictures: #expect(told.hasSuffix("no thumbnails are made: it is short"), "\(told)")
        case .sendsSound: #expect(told.hasPrefix("encoderProtocol"), "\(told)")
        }
        #expect(site.staged.isEmpty)
        if refusal != .noAsset { #expect(try await site.catalog.assetVersions(asset: "film") == [1]) }
    }

    /// Pictures of what is encrypted are, whatever the job says.
    @Test(arguments: [(true, true), (false, false)]) func picturesLieAsTheFilmDoes(film: Bool, stills: Bool)
        async throws
    {
        let site = try Site()
        _ = try await site.run([.encode], encrypted: film)
        _ = try await site.run([.thumbnails], encrypted: false)
        let tracks = try await site.version(2).tracks
        #expect(tracks.map(\.isStorageEncrypted) == Array(repeating: film, count: 3) + [stills, stills])
    }
}
