import Catalog
import CatalogSQLite
import ContentKeys
import EncoderProtocol
import Foundation
import KeyWrapping
import Logging
import MediaModel
import MediaStorage
import Policies

@testable import Jobs

/// A data folder with a worker whose encoder is a script of the test.
final class Workshop: Sendable {
    let folder: String
    let catalog: SQLiteCatalog
    let storage: FileSystemMediaStorage
    private let wrapping: KeyWrapping

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-jobs-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        storage = try FileSystemMediaStorage(root: folder + "/media")
        wrapping = KeyWrapping(provider: try FileKEKProvider(folder: folder + "/kek", mayCreate: true))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A child that ignores its arguments and runs `script`, in which `$STREAM` is a file with the given bytes.
    func encoder(_ script: String, stream: [UInt8] = []) throws -> String {
        let name = UUID().uuidString
        let data = "\(folder)/\(name).stream"
        try Data(stream).write(to: URL(fileURLWithPath: data))
        let path = "\(folder)/\(name).sh"
        let text = "#!/bin/sh\nSTREAM='\(data)'\n\(script)\n"
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o755])
        else { throw CocoaError(.fileWriteUnknown) }
        return path
    }

    func worker(
        _ encoder: String, limits: EncodingLimits = EncodingLimits(), pieces: PieceShelf? = nil,
        storage: (any MediaStorage)? = nil
    ) -> EncodingWorker {
        let wrapping = wrapping
        return EncodingWorker(
            EncodingWorker.Environment(
                catalog: catalog, storage: storage ?? self.storage, unwrapper: LocalKeyUnwrapper(wrapping: wrapping),
                encoder: encoder,
                limits: limits, pieces: pieces,
                makeStorageKey: {
                    let keyID = KeyID.random()
                    return ContentKeyRecord(
                        wrapped: try wrapping.wrap(.random(.storage), keyID: keyID), name: nil,
                        authorizationPolicy: nil,
                        created: Date())
                },
                changesForNewVersion: { _ in [] }))
    }

    func queue(
        _ worker: EncodingWorker, steps: PipelineSteps = .none, notifier: Notifier? = nil,
        settings: JobQueueSettings = JobQueueSettings(retries: RetryRule(delay: 0.05))
    ) -> JobQueue {
        JobQueue(
            worker: worker, steps: steps, notifier: notifier, settings: settings, lockPath: folder + "/worker.lock",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func submit(_ asset: String = "film") async throws -> JobRecord {
        let job = JobRecord(id: JobID(), asset: asset, input: "/in/film.mp4", preset: "adaptive", created: Date())
        try await catalog.apply([.insertJob(job)])
        return job
    }

    /// A worker takes the next task and dies.
    func loseTask() async throws {
        _ = try await catalog.takeNextTask(of: TaskKind.allCases, at: Date())
        try await queue(worker("/nowhere")).recover()
    }

    /// What lies under `media`, but for the two folders that are always there.
    func mediaFiles() -> [String] {
        (FileManager.default.enumerator(atPath: folder + "/media")?.compactMap { $0 as? String } ?? []).filter {
            $0 != "assets" && $0 != "staging"
        }
    }
}

/// Streams as an encoder writes them.
enum Wire {
    static func frame(_ kind: EncoderFrame.Kind, _ track: Int = 0, _ payload: [UInt8] = []) -> [UInt8] {
        EncoderFrame.header(kind, track: track, payloadSize: payload.count) + payload
    }

    static func event(_ event: EncoderEvent) throws -> [UInt8] {
        frame(.event, 0, Array(try JSONEncoder().encode(event)))
    }

    /// A track of one segment with one sample of 50 bytes at offset 10.
    static func index(
        mediaSize: UInt64 = 60, name: String = "audio-und-128k", decodeTime: UInt64 = 0
    ) throws -> [UInt8] {
        var builder = TrackIndexBuilder()
        builder.addSegment(
            decodeTime: decodeTime,
            samples: [
                TrackIndexBuilder.NewSample(
                    offset: 10, size: 50, duration: 1024, compositionOffset: 0, isSync: true, subsamples: [])
            ])
        let description = TrackDescription(
            name: name, kind: .audio,
            codec: CodecConfiguration(sampleEntry: "mp4a", decoderSpecific: [0x11, 0x90], codecString: "mp4a.40.2"),
            timescale: 48_000, averageBitrate: 1, peakBitrate: 1,
            audio: AudioFormat(sampleRate: 48_000, channelCount: 2))
        return Array(try builder.encode(description: description, mediaSize: mediaSize))
    }

    static let media = (0..<60).map { UInt8($0) }

    static func good() throws -> [UInt8] {
        try event(.progress(fraction: 0.5, seconds: 1, speed: 1)) + frame(.media, 0, Array(media[..<25]))
            + frame(.media, 0, Array(media[25...])) + frame(.index, 0, index()) + frame(.trackEnd) + event(.finished)
    }
}
