import Administration
import AssetFiles
import Catalog
import EncoderProtocol
import Foundation
import KeyServer

/// A job of a server's over files that are here: they are sent as originals of the asset, and the job takes them from there.
struct RemoteJob {
    private static let interval = Duration.milliseconds(300)

    var asset: String
    var inputs: [UploadInput]
    var isEncrypted: Bool?
    var account: String?
    /// Whether originals that were sent for it stay in the asset when it has finished.
    var keepsOriginals: Bool
    var sending: SendingOptions
    /// Of the progress bar.
    var label: String
    /// Progress is drawn also when standard error is not a terminal.
    var isDrawn = false
    /// Not waited for; what was sent for it stays, since the job still needs it.
    var isDetached = false

    /// Sends what is to be sent, submits the job, and waits for its end.
    ///
    /// - Parameter submission: what is asked of the server, with inputs as it knows them.
    func run(_ common: CommonOptions, _ submission: ([String]) -> SubmitJob) async throws -> JobDetails {
        try await OriginalUpload.with(common) { try await run($0, submission) }
    }

    private func run(_ target: OriginalUpload, _ submission: ([String]) -> SubmitJob) async throws -> JobDetails {
        if inputs.contains(where: { OriginalReference($0.path) == nil }) {
            try await target.prepare(sending)
            do {
                _ = try await target.interface.perform(CreateAsset(name: asset, account: account))
            } catch let error as OperatorError where error.code == .exists {
                // It gets a new version.
            }
        }
        var texts: [String] = []
        var sent: [String] = []
        var names = SentNames()
        for (number, input) in inputs.enumerated() {
            var input = input
            if OriginalReference(input.path) == nil {
                let reference = try await original(of: input.path, number, target)
                sent.append(reference.file)
                names.add(reference.file, of: input.path)
                input.path = "asset:\(reference.asset)/\(reference.file)"
            }
            texts.append(input.text)
        }
        let submitted = try await target.interface.perform(submission(texts))
        guard !isDetached else { return submitted }
        let details = names.localized(try await end(of: submitted, target))
        if details.job.state == JobState.finished.rawValue, !keepsOriginals {
            try await remove(sent, target.interface)
        }
        return details
    }

    /// What files that were sent are called here: what a job says of them is to be understood.
    private struct SentNames {
        private var pairs: [(there: String, here: String)] = []

        mutating func add(_ file: String, of path: String) {
            let there = file.split(separator: "/").last.map(String.init) ?? file
            pairs.append((there, URL(fileURLWithPath: path).lastPathComponent))
        }

        func localized(_ details: JobDetails) -> JobDetails {
            var details = details
            details.warnings = details.warnings.map(localized)
            details.job.errorMessage = details.job.errorMessage.map(localized)
            return details
        }

        /// The longest first: one name may be the end of another.
        private func localized(_ text: String) -> String {
            pairs.sorted { $0.there.utf8.count > $1.there.utf8.count }.reduce(text) {
                $0.replacing($1.there, with: $1.here)
            }
        }
    }

    /// Removes what was sent, but for what another job still needs.
    private func remove(_ files: [String], _ interface: any OperatorInterface) async throws {
        var needed: Set<String> = []
        for state in JobState.allCases where !state.isFinal && !files.isEmpty {
            var page = ListJobs(state: state.rawValue)
            repeat {
                let jobs = try await interface.perform(page)
                for job in jobs.jobs { needed.formUnion(try await interface.perform(ShowJob(id: job.id)).inputs) }
                page.after = jobs.next
            } while page.after != nil
        }
        for file in files where !needed.contains("asset:\(asset)/\(file)") {
            do {
                _ = try await interface.perform(DeleteAssetFile(name: asset, file: file))
            } catch let error as OperatorError where error.code == .missing {
                // Another run of the same command has removed it.
            }
        }
    }

    /// What a file is named in the asset: whatever its name is here, alone among a job's inputs, and the same when the command is
    /// run again.
    private static func name(of path: String, _ number: Int, _ digest: SourceDigest) -> String {
        let own = URL(fileURLWithPath: path).lastPathComponent.unicodeScalars.map { scalar in
            allowed.contains(scalar) ? Character(scalar) : "-"
        }
        return "jobs/\(digest.whole.hexDigits.prefix(16))/\(number)-\(String(own.suffix(longestName)))"
    }

    private static let allowed = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+")
    /// The end of a longer name, which says what the file is.
    private static let longestName = 100

    /// A file as an original of the asset: sent, unless an earlier run has.
    private func original(of path: String, _ number: Int, _ target: OriginalUpload) async throws -> OriginalReference {
        let source = try SourceFile(path: path)
        let digest = try target.digest(of: source, name: URL(fileURLWithPath: path).lastPathComponent, sending)
        let name = Self.name(of: path, number, digest)
        guard let reference = OriginalReference("asset:\(asset)/\(name)") else {
            throw CommandFailure(.badData, "'\(path)' cannot be sent as a file of asset '\(asset)'")
        }
        let known = try await target.interface.perform(ListAssetFiles(name: asset)).files.first { $0.name == name }
        if let known, known.state == AssetFileState.ready.rawValue {
            guard known.sha256 == digest.whole.hexDigits else {
                throw CommandFailure(
                    .badData,
                    "asset '\(asset)' has another file '\(name)': remove it ('keyway asset file delete'), or rename yours"
                )
            }
            target.forgetKey(asset: asset, name: name)
            return reference
        }
        let sent = try await target.send(
            source, digest: digest,
            OriginalUpload.Order(asset: asset, name: name, isEncrypted: isEncrypted, sending: sending))
        guard sent.file.state == AssetFileState.ready.rawValue else {
            throw CommandFailure(
                .badData, "\(asset)/\(name) is in state \(sent.file.state)" + (sent.file.reason.map { ": \($0)" } ?? "")
            )
        }
        return reference
    }

    private func end(of job: JobDetails, _ target: OriginalUpload) async throws -> JobDetails {
        let bar = ProgressBar(label: label, isDrawn: isDrawn || Terminal.isInteractive)
        defer { bar.finish() }
        var (details, waits) = (job, ToldWaits())
        while JobState(rawValue: details.job.state)?.isFinal == false {
            bar.tell(waits.lines(details))
            bar.show(done: Int(details.job.progress * 1000), of: 1000)
            try await Task.sleep(for: Self.interval)
            details = try await target.interface.perform(ShowJob(id: job.job.id))
        }
        return details
    }
}
