import Adapters
import Administration
public import ArgumentParser
import Catalog
public import EncoderProtocol
import Foundation
import KeyServer

extension CutRule: ExpressibleByArgument {}

struct AssetUpload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Make an asset of MP4 files as they are, without encoding.",
        discussion: """
            All files together become one version of the asset: every video track a rendition, every audio track an \
            alternative. Renditions must have their key frames at the same times. Subtitles may be among the files, in \
            WebVTT or TTML, with their language in the name: film.en.vtt, film.de.forced.ttml, film.en.sdh.vtt. Over \
            KEYWAY_URL the files are sent as originals of the asset, by tus 1.0, and removed when the version is made; with \
            --encrypt they leave this machine encrypted.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name; a name that exists gets a new version.")
    var name: String

    @Argument(
        help:
            "MP4 files, and subtitles (.vtt, .ttml, .dfxp, .xml); or a server manifest (.ism), which lists them; or originals as asset:NAME/FILE."
    )
    var files: [String]

    @OptionGroup var storage: StorageOptions

    @OptionGroup var sending: SendingOptions

    @Option(help: "The storage account that it goes to (default: where the asset is, or by weight).")
    var account: String?

    @Option(
        help: ArgumentHelp(
            "Where a film begins that was cut between two key frames, which its edit list says.",
            discussion:
                "refuse; earlier: at the key frame before, which shows what was cut off; later: at the next one, "
                + "which loses what lies between. 'keyway encode' begins exactly where it was cut."))
    var cut = CutRule.refuse

    @Flag(help: "Over KEYWAY_URL: leave the files that were sent in the asset, as originals.")
    var keepOriginals = false

    func validate() throws { try sending.check(storage) }

    func run() async throws {
        var notes: [String] = []
        var inputs = try Self.inputs(name: name, files: files, &notes)
        for index in inputs.indices { inputs[index].cut = cut }
        let job =
            CommonOptions.isRemote ? try await makeThere(inputs) : try await make(inputs)
        let asset = try await common.perform(ShowAsset(name: name))
        guard let version = job.version, version == asset.version else {
            throw CommandFailure(.software, "the job ended as '\(job.state)', and its version is not the asset's")
        }
        try Answer(job: job.id, warnings: notes + job.warnings, asset, version: version).print(json: common.json)
    }

    /// A version that a job made.
    private struct MadeVersion {
        var id: String
        var state: String
        var version: Int?
        var warnings: [String]
    }

    /// On the server.
    private func makeThere(_ inputs: [UploadInput]) async throws -> MadeVersion {
        let details = try await RemoteJob(
            asset: name, inputs: inputs, isEncrypted: sending.isEncrypted(storage), account: account,
            keepsOriginals: keepOriginals, sending: sending, label: "making \(name)"
        ).run(common) {
            SubmitJob(
                transform: JobRecord.uploadPreset, asset: name, inputs: $0, account: account,
                encrypted: sending.isEncrypted(storage))
        }
        guard details.job.state == JobState.finished.rawValue else {
            throw EncodeCommand.failure(code: details.job.errorCode, details.job.errorMessage)
        }
        return MadeVersion(
            id: details.job.id, state: details.job.state, version: details.job.version, warnings: details.warnings)
    }

    /// In the data folder.
    private func make(_ inputs: [UploadInput]) async throws -> MadeVersion {
        let job = JobRecord(
            id: JobID(), asset: name, input: inputs.map(\.text).joined(separator: "\n"), preset: JobRecord.uploadPreset,
            created: Date(), isStorageEncrypted: sending.isEncrypted(storage), storageAccount: account)
        let installation = try await common.open()
        try await NamedAccount.check(account, in: installation.storage)
        try await installation.catalog.apply([.insertJob(job)])
        let configuration = try await common.configuration()
        let ended = try await EncodeCommand.end(
            of: job, installation, configuration.storage, configuration.checks, label: "uploading \(name)",
            isDrawn: false)
        if ended.state == .error { throw EncodeCommand.failure(ended) }
        return MadeVersion(
            id: ended.id.rawValue, state: ended.state.rawValue, version: ended.version, warnings: ended.warnings)
    }

    private static func inputs(name: String, files: [String], _ notes: inout [String]) throws -> [UploadInput] {
        guard AssetRecord.isName(name) else {
            throw CommandFailure(.badData, "'\(name)' cannot name an asset: letters, digits, '.', '_', '-'")
        }
        var inputs: [UploadInput] = []
        for file in files { inputs += try Self.inputs(file, &notes) }
        guard inputs.count <= EncoderTask.maximumInputs else {
            throw CommandFailure(.badData, "\(inputs.count) files; at most \(EncoderTask.maximumInputs) make an asset")
        }
        return inputs
    }

    /// A file, or the files that a server manifest lists beside it.
    private static func inputs(_ file: String, _ notes: inout [String]) throws -> [UploadInput] {
        if OriginalReference(file) != nil { return UploadInput(path: file).map { [$0] } ?? [] }
        let url = URL(fileURLWithPath: file)
        if url.pathExtension.lowercased() == "ism" { return try ManifestSet(url, named: file).inputs(&notes) }
        try checkReadable(url.path)
        return [try input(url.path)]
    }

    static func input(_ path: String, tracks: [UploadedTrack]? = nil) throws -> UploadInput {
        guard let input = UploadInput(path: path, tracks: tracks) else {
            throw CommandFailure(.badData, "the name of a file has a line break or a tab")
        }
        return input
    }

    static func checkReadable(_ path: String) throws {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw CommandFailure(.noInput, "cannot read '\(Terminal.clean(path))'")
        }
    }

    private struct Answer: Report {
        var asset: String
        var version: Int
        var job: String
        var tracks: [Track]
        var warnings: [String]

        init(job: String, warnings: [String], _ asset: ShowAsset.Report, version: Int) {
            self.asset = asset.name
            self.version = version
            self.job = job
            tracks = asset.tracks.map(Track.init)
            self.warnings = warnings
        }

        var text: String {
            """
            asset    \(asset)
            version  \(version)

            \(Table.render(["TRACK", "CODEC", "SIZE", "KBIT/S", "SECONDS", "SEGMENTS"], tracks.map(\.row)))
            """ + warnings.map { "\nwarning: \($0)" }.joined()
        }
    }

    private struct Track: Encodable {
        var name: String
        var codec: String
        var width: Int?
        var height: Int?
        var language: String
        var label: String?
        var averageBitrate: Int
        var seconds: Double
        var segments: Int

        init(_ track: ShowAsset.Track) {
            name = track.name
            codec = track.codec
            width = track.width
            height = track.height
            language = track.language
            label = track.label
            averageBitrate = track.averageBitrate
            seconds = track.seconds
            segments = track.segments
        }

        var row: [String] {
            let size = width.flatMap { width in height.map { "\(width)x\($0)" } } ?? "-"
            return [
                name, codec, size, "\(averageBitrate / 1000)", String(format: "%.2f", seconds), "\(segments)",
            ]
        }
    }
}
