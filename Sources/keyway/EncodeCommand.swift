import Adapters
import Administration
import ArgumentParser
import Catalog
import EncoderProtocol
import Foundation
import Jobs
import KeyServer
import Logging

struct EncodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode", abstract: "Encode files into assets.",
        discussion: """
            Submits one job a file and waits for its end. While a server works on the data folder it runs the job; \
            otherwise this command does. Over KEYWAY_URL the files are sent as originals of the asset, by tus 1.0, and \
            removed when the version is made.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Media files, or originals as asset:NAME/FILE.")
    var inputs: [String]

    @Option(help: "The asset's name (default: the file's name); with one input, or with --join.")
    var asset: String?

    @OptionGroup var recipe: EncodingOptions

    @OptionGroup var storage: StorageOptions

    @OptionGroup var sending: SendingOptions

    @Option(help: "With --split: most encoders at once, where this command does the work.")
    var encoders: Int?

    @Option(help: "The storage account that it goes to (default: where the asset is, or by weight).")
    var account: String?

    @Flag(help: "Over KEYWAY_URL: leave the files that were sent in the asset, as originals.")
    var keepOriginals = false

    @Flag(help: "Draw progress, also when standard error is not a terminal.")
    var watch = false

    @Flag(help: "Only submit; do not wait for the end.")
    var detach = false

    func validate() throws { try sending.check(storage) }

    private struct Answer: Report {
        var jobs: [JobReport]
        /// Of jobs that this process ran, when it was asked for.
        var qualities: [RenditionQuality]?

        var text: String {
            let table =
                Table.render(JobReport.heading, jobs.map(\.row))
                + jobs.flatMap { job in job.warnings.map { "\nwarning: \(job.asset): \($0)" } }.joined()
            guard let qualities, !qualities.isEmpty else { return table }
            let rows = qualities.map { quality in
                [
                    quality.name, String(format: "%.4f", quality.similarity),
                    quality.signalToNoise.map { String(format: "%.2f dB", $0) } ?? "same",
                ]
            }
            return table + "\n\n" + Table.render(["RENDITION", "SSIM", "PSNR"], rows)
        }
    }

    func run() async throws {
        guard asset == nil || inputs.count == 1 || recipe.join else {
            throw CommandFailure(.usage, "--asset goes with one input, or with --join")
        }
        guard (1...64).contains(encoders ?? 1) else { throw CommandFailure(.usage, "--encoders: 1 to 64") }
        let orders = try recipe.orders(inputs)
        let qualities = MeasuredQualities()
        let jobs = CommonOptions.isRemote ? try await runThere(orders) : try await run(orders, qualities)
        try Answer(jobs: jobs, qualities: recipe.quality ? qualities.all : nil).print(json: common.json)
        if let failed = jobs.first(where: { $0.state == JobState.error.rawValue }) {
            throw Self.failure(code: failed.errorCode, failed.errorMessage)
        }
        if let canceled = jobs.first(where: { $0.state == JobState.canceled.rawValue }) {
            throw CommandFailure(.unavailable, "job \(canceled.id) was canceled; 'keyway job retry' begins it again")
        }
    }

    /// On the data folder.
    private func run(
        _ orders: [(order: String, files: [String])], _ qualities: MeasuredQualities
    ) async throws -> [JobReport] {
        let installation = try await common.open()
        let configuration = try await common.configuration()
        var jobs: [JobRecord] = []
        for (order, files) in orders {
            let job = try await Self.submit(
                files, order, as: asset, installation, isStorageEncrypted: sending.isEncrypted(storage),
                account: account)
            jobs.append(
                detach
                    ? job
                    : try await Self.end(
                        of: job, installation, configuration.storage, configuration.checks,
                        label: "encoding \(job.asset)", isDrawn: watch, qualities, encoders: encoders))
        }
        return jobs.map(JobReport.init)
    }

    /// On the server of `KEYWAY_URL`.
    private func runThere(_ orders: [(order: String, files: [String])]) async throws -> [JobReport] {
        var jobs: [JobReport] = []
        for (order, files) in orders {
            let name = try Self.name(asset, files)
            let inputs = files.compactMap { UploadInput(path: $0) }
            guard inputs.count == files.count else {
                throw CommandFailure(.badData, "the name of a file has a line break or a tab")
            }
            let job = RemoteJob(
                asset: name, inputs: inputs, isEncrypted: sending.isEncrypted(storage),
                account: account, keepsOriginals: keepOriginals, sending: sending, label: "encoding \(name)",
                isDrawn: watch,
                isDetached: detach)
            jobs.append(
                JobReport(
                    try await job.run(common) { inputs in
                        SubmitJob(
                            transform: "adaptive", asset: name, inputs: inputs, account: account,
                            encrypted: sending.isEncrypted(storage), encoders: encoders, order: order)
                    }))
        }
        return jobs
    }

    /// Submits a job for a file and the usual preset, and waits for its end.
    static func encode(
        _ input: String, as asset: String?, _ installation: Installation,
        _ settings: StorageSettings = StorageSettings(), watch: Bool
    ) async throws -> JobRecord {
        let job = try await submit([input], "adaptive", as: asset, installation, isStorageEncrypted: nil)
        return try await end(of: job, installation, settings, label: "encoding \(job.asset)", isDrawn: watch)
    }

    /// The asset that a job makes a version of.
    ///
    /// - Throws: `CommandFailure`, also for a file that cannot be read.
    private static func name(_ asset: String?, _ files: [String]) throws -> String {
        for file in files where OriginalReference(file) == nil && !FileManager.default.isReadableFile(atPath: file) {
            throw CommandFailure(.noInput, "cannot read '\(file)'")
        }
        guard let first = files.first else { throw CommandFailure(.noInput, "no input") }
        let name = asset ?? OriginalReference(first)?.asset ?? Self.assetName(URL(fileURLWithPath: first))
        guard AssetRecord.isName(name) else {
            throw CommandFailure(
                .badData, "'\(name)' cannot name an asset: letters, digits, '.', '_', '-'; give --asset")
        }
        return name
    }

    /// - Parameter order: the text of an order, or the name of a preset.
    private static func submit(
        _ files: [String], _ order: String, as asset: String?, _ installation: Installation,
        isStorageEncrypted: Bool?, account: String? = nil
    ) async throws -> JobRecord {
        let name = try name(asset, files)
        let inputs = files.map { OriginalReference($0) == nil ? URL(fileURLWithPath: $0).path : $0 }
        let job = JobRecord(
            id: JobID(), asset: name, input: inputs.joined(separator: "\n"), preset: order, created: Date(),
            isStorageEncrypted: isStorageEncrypted, storageAccount: account)
        try await NamedAccount.check(account, in: installation.storage)
        try await installation.catalog.apply([.insertJob(job)])
        return job
    }

    /// Waits until a job that was submitted has ended.
    ///
    /// - Parameter isDrawn: progress is drawn also when standard error is not a terminal.
    static func end(
        of job: JobRecord, _ installation: Installation, _ settings: StorageSettings, _ checks: CheckSettings? = nil,
        label: String, isDrawn: Bool, _ qualities: MeasuredQualities? = nil, encoders: Int? = nil
    ) async throws -> JobRecord {
        var logger = Logger(label: "keyway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let bar = ProgressBar(label: label, isDrawn: isDrawn || Terminal.isInteractive)
        let interface = try await installation.localOperator()
        let waits = Task { await tellWaits(of: job.id, interface, bar) }
        defer {
            waits.cancel()
            bar.finish()
        }
        let queue = try installation.makeJobQueue(settings, logger: logger, checks: checks, encoders: encoders)
        return try await queue.waitForEnd(of: job.id) {
            bar.show($0)
            qualities?.note($0)
        }
    }

    /// Says what a job waits for, until the task is cancelled.
    private static func tellWaits(of id: JobID, _ interface: any OperatorInterface, _ bar: ProgressBar) async {
        var told = ToldWaits()
        while !Task.isCancelled {
            // Who waits for the job itself says what keeps it from being read.
            if let details = try? await interface.perform(ShowJob(id: id.rawValue)), !Task.isCancelled {
                bar.tell(told.lines(details))
            }
            try? await Task.sleep(for: .milliseconds(300))
        }
    }

    private static func assetName(_ url: URL) -> String {
        String(
            url.deletingPathExtension().lastPathComponent.map { character in
                character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
                    ? character : "-"
            })
    }

    /// What a failed job means for the exit code.
    static func failure(_ job: JobRecord) -> CommandFailure { failure(code: job.errorCode, job.errorMessage) }

    /// What a job's code means for the exit code.
    static func failure(code: String?, _ message: String?) -> CommandFailure {
        let message = message ?? "the job failed"
        switch code.flatMap(EncoderFailureCode.init) {
        case .inputMissing: return CommandFailure(.noInput, message)
        case .internalError: return CommandFailure(.software, message)
        case .some: return CommandFailure(.badData, message)
        case nil: break
        }
        switch code.flatMap(JobFailure.Code.init) {
        case .storageFailed, .storageFull, .catalogFailed: return CommandFailure(.inputOutput, message)
        case .limitExceeded, .assetExists, .originalNotReady, .verifyFailed, .publishRefused, .packageRefused,
            .notConfigured, .keyRefused, .inputRefused:
            return CommandFailure(.badData, message)
        case .edgeFailed, .checkUnavailable, .keysAway, .storageAway: return CommandFailure(.unavailable, message)
        case .encoderMissing, .encoderCrashed, .encoderProtocol, .workerLost, .unexpected, nil:
            return CommandFailure(.software, message)
        }
    }
}

/// What is told of a job.
struct JobReport: Encodable {
    var id: String
    var asset: String
    var input: String
    var state: String
    var version: Int?
    var errorCode: String?
    var errorMessage: String?
    var warnings: [String]

    init(_ job: JobRecord) {
        id = job.id.rawValue
        asset = job.asset
        input = job.input
        state = job.state.rawValue
        version = job.version
        errorCode = job.errorCode
        errorMessage = job.errorMessage
        warnings = job.warnings
    }

    init(_ details: JobDetails) {
        id = details.job.id
        asset = details.job.asset
        input = details.inputs.joined(separator: "\n")
        state = details.job.state
        version = details.job.version
        errorCode = details.job.errorCode
        errorMessage = details.job.errorMessage
        warnings = details.warnings
    }

    static let heading = ["JOB", "ASSET", "VERSION", "STATE"]

    var row: [String] {
        [id, asset, version.map(String.init) ?? "-", errorCode.map { "\(state): \($0)" } ?? state]
    }
}
