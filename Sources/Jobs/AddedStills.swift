import AssetFiles
import Catalog
import ContentKeys
import Cryptography
import EncoderProtocol
import Foundation
import MediaModel
import MediaStorage
import Policies
import Subprocess

/// Makes thumbnails and poster of a version that is there, from one of its renditions as it is stored, and with them the
/// asset's next version: what is visible never changes. The files of the version before are shared, not copied, where the
/// storage can.
///
/// The order is that of an encode: the next version is staged, renamed, and made known in one transaction with the task's
/// end. Until then nothing of it is served, and what a crash leaves the next worker removes.
struct AddedStills: Sendable {
    let environment: EncodingWorker.Environment
    let taken: TakenTask
    /// Whether no task of the job publishes it.
    let isPublished: Bool
    let report: @Sendable (EncoderEvent) async throws -> Void

    /// Still pictures, and where they were made.
    private struct Made {
        var staged: any StagedVersion
        var stills: [TrackRecord]
        /// The name of the rendition that they show.
        var rendition: String
        var warnings: [String]
    }

    private var job: JobRecord { taken.job }
    private var catalog: any CatalogEngine { environment.catalog }

    /// - Throws: `JobFailure`, or what `JobFailure(meaning:)` knows the meaning of.
    func perform() async throws -> TaskOutcome {
        let (asset, source) = try await source()
        let renditions = Self.renditions(of: source, for: recipe)
        guard !renditions.isEmpty else {
            throw JobFailure(
                encoder: .noVideo,
                "version \(source.number) of asset '\(asset.name)' has no video: thumbnails and poster are made of one")
        }
        guard let key = try await catalog.contentKey(asset.storageKey) else {
            throw JobFailure(.catalogFailed, "the storage key of asset '\(asset.name)' is missing")
        }
        let clear = try await environment.unwrapper.unwrap(key.wrapped, for: .storage)
        let account = try await account(source)
        let made = try await make(renditions, source, clear, account)
        defer { made.staged.discard() }
        let kept = try await share(source, with: made)
        let version = AssetVersionRecord(
            asset: asset.name, number: try await catalog.reserveVersion(asset: asset.name), created: Date(),
            job: job.id, tracks: kept + made.stills, storageAccount: account)
        try Self.check(version)
        try await environment.leftovers.remove(of: asset.name, from: account)
        try await LongDiskWork.run(blocking: { try made.staged.commit(asset: asset.name, version: version.number) })
        return try await known(version, source, made)
    }

    /// What is made: all of it, where the task says nothing.
    private var recipe: (thumbnails: ThumbnailRecipe?, poster: PosterRecipe?) {
        let options = taken.task.options
        guard options.thumbnails != nil || options.poster != nil else { return (ThumbnailRecipe(), PosterRecipe()) }
        return (options.thumbnailRecipe, options.posterRecipe)
    }

    /// The version that the job has made so far; else the one that is served, since a newer one may have been withdrawn; else
    /// the newest.
    private func source() async throws -> (AssetRecord, AssetVersionRecord) {
        guard let asset = try await catalog.asset(named: job.asset) else {
            throw JobFailure(
                .notConfigured, "there is no asset '\(job.asset)': encode or upload it before pictures are made of it")
        }
        let newest = try await catalog.assetVersions(asset: asset.name).max()
        guard let number = job.version ?? asset.currentVersion ?? newest,
            let version = try await catalog.assetVersion(asset: asset.name, number: number)
        else {
            throw JobFailure(
                .notConfigured,
                "asset '\(asset.name)' has no version: encode or upload it before pictures are made of it")
        }
        // Of an asset that was made anew under the name, a version of the number is another film.
        guard job.version == nil || version.job == job.id else {
            throw JobFailure(
                .notConfigured, "version \(number) of asset '\(asset.name)' is not the one that the job made")
        }
        return (asset, version)
    }

    /// Where the version before lies, so that files can be shared; elsewhere they are copied.
    private func account(_ source: AssetVersionRecord) async throws -> String? {
        let choice = EncodingTarget.choice(of: job) ?? .preferred(source.storageAccount)
        let account = try await EncodingTarget.place(job.asset, choice, environment)
        guard account != source.storageAccount else { return account }
        let size = source.tracks.reduce(UInt64(0)) { $0 &+ $1.mediaSize }
        return try await EncodingTarget.place(
            job.asset, EncodingTarget.choice(of: job) ?? .preferred(account), size: size, environment)
    }

    /// What makes the next version known. It is served where the one before it is served then, and not where that was withdrawn
    /// meanwhile; a job that publishes does so later.
    private func known(
        _ version: AssetVersionRecord, _ source: AssetVersionRecord, _ made: Made
    ) async throws -> TaskOutcome {
        let more = try await environment.changesForNewVersion(version)
        let insertion: CatalogChange =
            isPublished ? .insertNextVersion(version, of: source.number) : .insertUnpublishedVersion(version)
        // Of a job that publishes it is told when it is known under what.
        let held = isPublished ? try await catalog.heldBackPictures(of: version, at: version.created) : nil
        let warnings = (job.warnings + made.warnings).prefix(MadeTracks.maximumWarnings) + (held.map { [$0] } ?? [])
        return TaskOutcome(
            result: [
                "version": "\(version.number)", "from": "\(source.number)", "rendition": made.rendition,
                "tracks": made.stills.map(\.description.name).joined(separator: ", "),
            ],
            changes: [insertion] + more
                + [.pipeline(.setOutput(job.id, version: version.number, warnings: Array(warnings)))])
    }
}

extension AddedStills {
    /// One rendition of each codec, the best first: the smallest that no picture would have to be enlarged from, else the
    /// largest; one of standard range before those that have to be brought to it.
    static func renditions(
        of version: AssetVersionRecord, for recipe: (thumbnails: ThumbnailRecipe?, poster: PosterRecipe?)
    ) -> [TrackRecord] {
        let wanted = max(recipe.thumbnails?.width ?? 0, recipe.poster?.width ?? 0)
        func rank(_ track: TrackRecord) -> (Int, Int, Int) {
            let video = track.description.video
            let side = max(video?.width ?? 0, video?.height ?? 0)
            return (video?.colour?.range ?? .sdr == .sdr ? 0 : 1, side >= wanted ? 0 : 1, side >= wanted ? side : -side)
        }
        var seen: Set<FourCC> = []
        return version.tracks.filter { $0.description.kind == .video }.sorted { rank($0) < rank($1) }
            .filter { seen.insert($0.description.codec.sampleEntry).inserted }
    }

    /// Of the first rendition that this FFmpeg has a decoder for.
    private func make(
        _ renditions: [TrackRecord], _ source: AssetVersionRecord, _ key: ContentKey, _ account: String?
    ) async throws -> Made {
        var reasons: [String] = []
        for rendition in renditions {
            do {
                return try await make(rendition, source, key, account)
            } catch let failure as JobFailure where failure.code == EncoderFailureCode.unsupportedCodec.rawValue {
                reasons.append("\(rendition.description.name): \(failure.message)")
            }
        }
        throw JobFailure(
            encoder: .unsupportedCodec,
            "no rendition of version \(source.number) can be decoded here: \(reasons.joined(separator: "; "))")
    }

    private func make(
        _ rendition: TrackRecord, _ source: AssetVersionRecord, _ key: ContentKey, _ account: String?
    ) async throws -> Made {
        let inputs = try await inputs(rendition, source, key)
        // Pictures lie as the film does.
        var isEncrypted = source.tracks.contains(where: \.isStorageEncrypted)
        if !isEncrypted { isEncrypted = try await environment.encryptsVersion(of: job) }
        let staged = try await environment.stage(in: account)
        let order = try Self.order(recipe)
        let reception = EncodingReception(
            staged: staged, key: isEncrypted ? key : nil,
            // Taken anew for each try: none is ever used twice.
            nonces: try await catalog.reserveFileNonces(asset: source.asset, count: order.mostStills),
            firstFile: source.tracks.count, budget: OutputBudget(environment.limits.output), onEvent: report)
        let outcome = try await environment.runChild(try order.text(), inputs, reception)
        if let failure = await reception.failure { throw failure }
        guard await reception.isFinished, outcome.status.isSuccess else { throw outcome.failure }
        let warnings = await reception.warnings
        let stills = try await reception.ended(mayBeNone: true).map(\.record)
        guard !stills.isEmpty else {
            throw JobFailure(
                encoder: .notTaken, warnings.isEmpty ? "it has no picture" : warnings.joined(separator: "; "))
        }
        // The child's word is not taken for what its tracks are.
        guard stills.allSatisfy({ $0.description.kind == .image }) else {
            throw JobFailure(.encoderProtocol, "the encoder was to make pictures, and made something else")
        }
        return Made(
            staged: staged, stills: stills, rendition: rendition.description.name, warnings: warnings)
    }

    /// The track, decrypted while the child reads it, and its index, which the catalog vouches for.
    private func inputs(
        _ rendition: TrackRecord, _ source: AssetVersionRecord, _ key: ContentKey
    ) async throws -> JobInputs {
        try await environment.storage.looks(in: source.storageAccount).run { [storage = environment.storage] in
            let index = source.file(rendition.indexFile)
            let digest = try SHA256.digest(Array(try storage.contents(of: index, limit: TrackIndex.maximumSize)))
            guard digest == rendition.indexDigest else {
                throw JobFailure(.storageFailed, "\(index) is damaged: 'keyway asset verify' says where")
            }
            let media = try storage.open(
                source.file(rendition.mediaFile),
                form: rendition.isStorageEncrypted ? .encrypted(key, nonce: rendition.mediaNonce) : .clear,
                verifying: rendition.tagsDigest)
            return try JobInputs(stored: [(media, "film.mp4"), (try storage.open(index), "film.index")])
        }
    }

    private static func order(
        _ recipe: (thumbnails: ThumbnailRecipe?, poster: PosterRecipe?)
    ) throws -> EncodingOrder {
        var order = EncodingOrder(
            preset: EncodingPreset(
                name: "stills", video: VideoRecipe(ladder: .adaptive), audio: [], thumbnails: recipe.thumbnails,
                poster: recipe.poster))
        order.share = .stills(index: 1)
        return order
    }

    /// The tracks of the version before, but those that the new ones take the place of, in the next one.
    private func share(_ source: AssetVersionRecord, with made: Made) async throws -> [TrackRecord] {
        let roles = Set(made.stills.compactMap(\.description.image?.role))
        let kept = source.tracks.filter { track in
            track.description.image.map { !roles.contains($0.role) } ?? true
        }
        let (storage, staged) = (environment.storage, made.staged)
        return try await OwnThread.run { stop in
            try kept.enumerated().map { place, track in
                var next = track
                next.mediaFile = TrackReception.mediaFile(place)
                next.indexFile = TrackReception.indexFile(place)
                let media = source.file(track.mediaFile)
                var files = [(media, next.mediaFile), (source.file(track.indexFile), next.indexFile)]
                if track.tagsDigest != nil {
                    files.append((media.tags, StoredFileWriter.tagsFile(of: next.mediaFile)))
                }
                for (file, name) in files {
                    try stop.check()
                    // A track that is copied to another account takes minutes.
                    try storage.share(file, with: staged, as: name, check: stop.check)
                }
                return next
            }
        }
    }

    private static func check(_ version: AssetVersionRecord) throws {
        let names = Set(version.tracks.map(\.description.name))
        guard names.count == version.tracks.count, version.tracks.hasStillsOnce else {
            throw JobFailure(.encoderProtocol, "the encoder made pictures that the version has already")
        }
        guard version.tracks.count <= EncoderFrame.maximumTracks else {
            throw JobFailure(
                encoder: .limitExceeded,
                "it would have \(version.tracks.count) tracks with its pictures: at most \(EncoderFrame.maximumTracks)")
        }
    }
}

extension EncodingWorker {
    /// Makes still pictures of a version that is there, and the next version with them.
    ///
    /// - Returns: what makes it known, to be applied with the task's end.
    /// - Throws: `JobFailure`, or what `JobFailure(meaning:)` knows the meaning of.
    func addStills(
        _ taken: TakenTask, isPublished: Bool, _ onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> TaskOutcome {
        let recorder = ProgressRecorder(task: taken.task, catalog: environment.catalog)
        return try await AddedStills(environment: environment, taken: taken, isPublished: isPublished) { event in
            onEvent(event)
            try await recorder.record(event)
        }.perform()
    }
}

extension AssetVersionRecord {
    /// One of its files.
    fileprivate func file(_ name: String) -> StoredFile {
        StoredFile(asset: asset, version: number, name: name, account: storageAccount)
    }
}

extension TaskOptions {
    var thumbnailRecipe: ThumbnailRecipe? {
        thumbnails.map {
            ThumbnailRecipe(interval: $0.interval, width: $0.width, columns: $0.columns, rows: $0.rows)
        }
    }

    var posterRecipe: PosterRecipe? { poster.map { PosterRecipe(position: $0.position, width: $0.width) } }
}
