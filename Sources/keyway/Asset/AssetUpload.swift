import Adapters
import ArgumentParser
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
            alternative. Renditions must have their key frames at the same times.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name; a name that exists gets a new version.")
    var name: String

    @Argument(help: "MP4 files: AVC video, AAC audio.")
    var files: [String]

    func run() async throws {
        guard !CommonOptions.isRemote else {
            throw CommandFailure(
                .unavailable,
                "media cannot be uploaded over KEYWAY_URL yet; run 'keyway asset upload' on the server's machine, "
                    + "with KEYWAY_URL unset and KEYWAY_DATA naming its data folder")
        }
        let job = try Self.job(name: name, files: files)
        let installation = try await common.open()
        try await installation.catalog.apply([.insertJob(job)])
        let ended = try await EncodeCommand.end(of: job, installation, label: "uploading \(name)", isDrawn: false)
        if ended.state == .error { throw EncodeCommand.failure(ended) }
        guard let version = ended.version,
            let record = try await installation.catalog.assetVersion(asset: name, number: version)
        else { throw CommandFailure(.software, "the job ended as '\(ended.state.rawValue)' without a version") }
        try Answer(job: ended, version: record).print(json: common.json)
    }

    private static func job(name: String, files: [String]) throws -> JobRecord {
        guard AssetRecord.isName(name) else {
            throw CommandFailure(.badData, "'\(name)' cannot name an asset: letters, digits, '.', '_', '-'")
        }
        guard files.count <= EncoderTask.maximumInputs else {
            throw CommandFailure(.badData, "\(files.count) files; at most \(EncoderTask.maximumInputs) make an asset")
        }
        let paths = try files.map { file in
            let path = URL(fileURLWithPath: file).path
            guard FileManager.default.isReadableFile(atPath: path) else {
                throw CommandFailure(.noInput, "cannot read '\(file)'")
            }
            guard !path.contains("\n") else { throw CommandFailure(.badData, "a file's name has a line break") }
            return path
        }
        return JobRecord(
            id: JobID(), asset: name, input: paths.joined(separator: "\n"), preset: JobRecord.uploadPreset,
            created: Date())
    }

    private struct Answer: Report {
        var asset: String
        var version: Int
        var job: String
        var tracks: [Track]
        var warnings: [String]

        init(job: JobRecord, version: AssetVersionRecord) {
            asset = version.asset
            self.version = version.number
            self.job = job.id.rawValue
            tracks = version.tracks.map(Track.init)
            warnings = job.warnings
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
