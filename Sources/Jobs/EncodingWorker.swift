import AssetFiles
public import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
public import MediaStorage
public import Policies
import Subprocess

/// Takes the inputs of a job to an asset version, or to an error that leaves nothing behind.
///
/// Order: the child writes through encryption into a staging folder; the folder becomes the version by one rename; one
/// catalog transaction makes it known. A crash before the rename leaves a staging folder, a crash after it a folder that
/// the catalog does not know: neither is ever served, and the next worker removes both.
public struct EncodingWorker: Sendable {
    /// What the composition root gives.
    public struct Environment: Sendable {
        public let catalog: any CatalogEngine
        public let storage: any MediaStorage
        let leftovers: Leftovers
        public var unwrapper: any KeyUnwrapper
        /// Path of the program `keyway-encoder`.
        public var encoder: String
        public var limits: EncodingLimits
        /// A new storage key, wrapped.
        public var makeStorageKey: @Sendable () async throws -> ContentKeyRecord
        /// Whether media is encrypted in storage, unless a job says otherwise.
        public var isStorageEncrypted: Bool
        /// What a new version of a published asset needs besides.
        public var changesForNewVersion: @Sendable (AssetVersionRecord) async throws -> [CatalogChange]
        /// Where pieces of films wait for each other; nil: each film is encoded by one encoder.
        public var pieces: PieceShelf?

        public init(
            catalog: any CatalogEngine, storage: any MediaStorage, unwrapper: any KeyUnwrapper, encoder: String,
            limits: EncodingLimits, isStorageEncrypted: Bool = true, pieces: PieceShelf? = nil,
            makeStorageKey: @escaping @Sendable () async throws -> ContentKeyRecord,
            changesForNewVersion: @escaping @Sendable (AssetVersionRecord) async throws -> [CatalogChange]
        ) {
            self.catalog = catalog
            self.storage = storage
            leftovers = Leftovers(catalog: catalog, storage: storage)
            self.unwrapper = unwrapper
            self.encoder = encoder
            self.limits = limits
            self.isStorageEncrypted = isStorageEncrypted
            self.makeStorageKey = makeStorageKey
            self.changesForNewVersion = changesForNewVersion
            self.pieces = pieces
        }
    }

    let environment: Environment

    public init(_ environment: Environment) {
        self.environment = environment
    }

    /// Encodes the inputs of a job into a new version.
    ///
    /// - Returns: what makes it known, to be applied with the task's end.
    /// - Throws: `JobFailure`, `PausedTask`, or what `JobFailure(meaning:)` knows the meaning of.
    func encode(
        _ taken: TakenTask, isPublished: Bool, _ spare: SpareEncoders = .none,
        _ onEvent: @escaping @Sendable (EncoderEvent) -> Void
    ) async throws -> TaskOutcome {
        let job = taken.job
        let target = try await EncodingTarget(job, environment)
        let key =
            try await environment.encryptsVersion(of: job)
            ? try await environment.unwrapper.unwrap(target.storageKey.wrapped, for: .storage) : nil
        let recorder = ProgressRecorder(task: taken.task, catalog: environment.catalog)
        let run = EncodingRun(
            environment: environment, taken: taken, key: key, nonces: target.nonces, account: target.account,
            spare: spare
        ) { event in
            onEvent(event)
            try await recorder.record(event)
        }
        let made = try await run.perform()
        defer { made.staged.discard() }
        let version = AssetVersionRecord(
            asset: job.asset, number: target.version, created: Date(), job: job.id, tracks: made.tracks,
            storageAccount: target.account)
        try await environment.leftovers.remove(of: job.asset, from: target.account)
        try await LongDiskWork.run(blocking: { try made.staged.commit(asset: job.asset, version: target.version) })
        return try await known(version, target, isPublished: isPublished, made)
    }

    /// What the child is told to make: the preset, with the pictures that the task asks for besides.
    static func preset(_ options: TaskOptions, _ job: JobRecord) throws -> String {
        let preset = options.preset ?? job.preset
        guard options.thumbnails != nil || options.poster != nil else { return preset }
        do {
            var order = try EncodingOrder(text: preset)
            order.preset.thumbnails = options.thumbnailRecipe ?? order.preset.thumbnails
            order.preset.poster = options.posterRecipe ?? order.preset.poster
            return try order.text()
        } catch let error as EncodingOrderError {
            throw JobFailure(encoder: .unknownPreset, error.description)
        }
    }

    /// What makes the version known.
    private func known(
        _ version: AssetVersionRecord, _ target: EncodingTarget, isPublished: Bool, _ made: MadeTracks
    ) async throws -> TaskOutcome {
        let more = target.isNew ? [] : try await environment.changesForNewVersion(version)
        var changes = target.changes(at: version.created)
        changes.append(isPublished ? .insertAssetVersion(version) : .insertUnpublishedVersion(version))
        changes += more
        if let job = version.job {
            var warnings = made.warnings
            if isPublished, let held = try await environment.catalog.heldBackPictures(of: version, at: version.created)
            {
                warnings.append(held)
            }
            changes.append(.pipeline(.setOutput(job, version: version.number, warnings: warnings)))
        }
        let bytes = version.tracks.reduce(UInt64(0)) { $0 &+ $1.mediaSize }
        return TaskOutcome(
            result: ["version": "\(version.number)", "tracks": "\(version.tracks.count)", "bytes": "\(bytes)"]
                .merging(made.result) { own, _ in own },
            changes: changes)
    }

    /// Says what the inputs of a job are.
    func probe(_ job: JobRecord) async throws -> TaskOutcome {
        var result: [String: String] = [:]
        let media = Self.films(of: job).compactMap(UploadInput.init(text:)).map(\.path).filter { !Self.isText($0) }
        for (number, input) in media.enumerated() {
            let reception = ProbeReception()
            let outcome = try await environment.runChild(EncoderTask.probe.rawValue, inputs: [input], reception)
            if let failure = await reception.failure {
                // A file of sound beside one with pictures.
                if failure.code == EncoderFailureCode.noVideo.rawValue, media.count > 1 { continue }
                throw failure
            }
            guard await reception.isFinished, outcome.status.isSuccess, let facts = await reception.facts else {
                throw outcome.failure
            }
            let place = media.count > 1 ? "\(number + 1)." : ""
            result["\(place)format"] = String(facts.format.prefix(64))
            if let codec = facts.videoCodec {
                result["\(place)video"] = "\(codec.prefix(32)) \(facts.width)x\(facts.height)"
            }
            result["\(place)seconds"] = facts.duration.isFinite ? "\((facts.duration * 100).rounded() / 100)" : "0"
            result["\(place)frameRate"] =
                facts.frameRate.isFinite ? "\((facts.frameRate * 1000).rounded() / 1000)" : "0"
            if let codec = facts.audioCodec { result["\(place)audio"] = String(codec.prefix(32)) }
        }
        return TaskOutcome(result: result)
    }

    /// The inputs that play: not what an order lays beside and over them, which is read when they are encoded.
    private static func films(of job: JobRecord) -> [String] {
        guard job.preset.hasPrefix("{"), let order = try? EncodingOrder(text: job.preset) else { return job.inputs }
        let played = Set(order.parts.map(\.input))
        return job.inputs.enumerated().filter { played.contains($0.offset) }.map(\.element)
    }

    /// Subtitles are read when they are encoded.
    private static func isText(_ path: String) -> Bool {
        ["vtt", "ttml", "dfxp", "xml", "srt"].contains(URL(fileURLWithPath: path).pathExtension.lowercased())
    }
}
