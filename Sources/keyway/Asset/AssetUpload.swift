import Adapters
import ArgumentParser
import AzureImport
import Catalog
import EncoderProtocol
import Foundation
import KeyServer
import MediaModel

struct AssetUpload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Make an asset of MP4 files as they are, without encoding.",
        discussion: """
            All files together become one version of the asset: every video track a rendition, every audio track an \
            alternative. Renditions must have their key frames at the same times. Subtitles may be among the files, in \
            WebVTT or TTML, with their language in the name: film.en.vtt, film.de.forced.ttml, film.en.sdh.vtt.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name; a name that exists gets a new version.")
    var name: String

    @Argument(
        help: "MP4 files, and subtitles (.vtt, .ttml, .dfxp, .xml); or a server manifest (.ism), which lists MP4 files."
    )
    var files: [String]

    @OptionGroup var storage: StorageOptions

    func run() async throws {
        guard !CommonOptions.isRemote else {
            throw CommandFailure(
                .unavailable,
                "media cannot be uploaded over KEYWAY_URL yet; run 'keyway asset upload' on the server's machine, "
                    + "with KEYWAY_URL unset and KEYWAY_DATA naming its data folder")
        }
        var notes: [String] = []
        var job = try Self.job(name: name, files: files, &notes)
        job.isStorageEncrypted = storage.isEncrypted
        let installation = try await common.open()
        try await installation.catalog.apply([.insertJob(job)])
        let ended = try await EncodeCommand.end(
            of: job, installation, common.configuration().storage, label: "uploading \(name)", isDrawn: false)
        if ended.state == .error { throw EncodeCommand.failure(ended) }
        guard let version = ended.version,
            let record = try await installation.catalog.assetVersion(asset: name, number: version)
        else { throw CommandFailure(.software, "the job ended as '\(ended.state.rawValue)' without a version") }
        try Answer(job: ended, version: record, notes: notes).print(json: common.json)
    }

    private static func job(name: String, files: [String], _ notes: inout [String]) throws -> JobRecord {
        guard AssetRecord.isName(name) else {
            throw CommandFailure(.badData, "'\(name)' cannot name an asset: letters, digits, '.', '_', '-'")
        }
        var inputs: [UploadInput] = []
        for file in files { inputs += try Self.inputs(file, &notes) }
        guard inputs.count <= EncoderTask.maximumInputs else {
            throw CommandFailure(.badData, "\(inputs.count) files; at most \(EncoderTask.maximumInputs) make an asset")
        }
        return JobRecord(
            id: JobID(), asset: name, input: inputs.map(\.text).joined(separator: "\n"), preset: JobRecord.uploadPreset,
            created: Date())
    }

    /// A file, or the files that a server manifest lists beside it.
    private static func inputs(_ file: String, _ notes: inout [String]) throws -> [UploadInput] {
        let url = URL(fileURLWithPath: file)
        guard url.pathExtension.lowercased() == "ism" else { return [try input(url.path)] }
        try checkReadable(url.path)
        let size = (try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? .max
        guard size <= manifestLimit else {
            throw CommandFailure(.badData, "'\(file)' is longer than \(manifestLimit) bytes; a server manifest is not")
        }
        let manifest: ServerManifest
        do {
            manifest = try ServerManifest(Array(try Data(contentsOf: url)))
        } catch {
            throw CommandFailure(.badData, "\(file):\(error)")
        }
        for name in manifest.leftOut {
            notes.append("\(url.lastPathComponent): '\(name)' is neither video nor audio: left out")
        }
        let folder = url.deletingLastPathComponent()
        return try manifest.sources.map { source in
            try input(folder.appendingPathComponent(source.file).path, tracks: source.tracks.map(track))
        }
    }

    /// Of a server manifest, in bytes.
    private static let manifestLimit = 1 << 20

    private static func input(_ path: String, tracks: [UploadInput.Track]? = nil) throws -> UploadInput {
        try checkReadable(path)
        guard let input = UploadInput(path: path, tracks: tracks) else {
            throw CommandFailure(.badData, "the name of a file has a line break or a tab")
        }
        return input
    }

    private static func checkReadable(_ path: String) throws {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw CommandFailure(.noInput, "cannot read '\(path)'")
        }
    }

    private static func track(_ track: ServerManifest.Track) -> UploadInput.Track {
        switch track {
        case .video(let id): id.map { .id($0) } ?? .firstVideo
        case .audio(let id): id.map { .id($0) } ?? .firstAudio
        }
    }

    private struct Answer: Report {
        var asset: String
        var version: Int
        var job: String
        var tracks: [Track]
        var warnings: [String]

        init(job: JobRecord, version: AssetVersionRecord, notes: [String]) {
            asset = version.asset
            self.version = version.number
            self.job = job.id.rawValue
            tracks = version.tracks.map(Track.init)
            warnings = notes + job.warnings
        }

        var text: String {
            """
            asset    \(asset)
            version  \(version)

            \(Table.render(["TRACK", "CODEC", "SIZE", "KB/S", "SECONDS", "SEGMENTS"], tracks.map(\.row)))
            """ + warnings.map { "\nwarning: \($0)" }.joined()
        }
    }

    private struct Track: Encodable {
        var name: String
        var codec: String
        var width: Int?
        var height: Int?
        var language: String
        var averageBitrate: Int
        var seconds: Double
        var segments: Int

        init(_ record: TrackRecord) {
            let description = record.description
            name = description.name
            codec = description.codec.codecString
            width = description.video?.width
            height = description.video?.height
            language = description.language
            averageBitrate = description.averageBitrate
            seconds = Double(record.duration) / Double(max(description.timescale, 1))
            segments = record.segmentCount
        }

        var row: [String] {
            let size = width.flatMap { width in height.map { "\(width)x\($0)" } } ?? "-"
            return [
                name, codec, size, "\(averageBitrate / 1000)", String(format: "%.2f", seconds), "\(segments)",
            ]
        }
    }
}
