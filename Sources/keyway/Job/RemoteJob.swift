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
        for input in inputs {
            var input = input
            if OriginalReference(input.path) == nil {
                let (reference, isNew) = try await original(of: input.path, target)
                if isNew { sent.append(reference.file) }
                input.path = "asset:\(reference.asset)/\(reference.file)"
            }
            texts.append(input.text)
        }
        let submitted = try await target.interface.perform(submission(texts))
        guard !isDetached else { return submitted }
        let details = try await end(of: submitted, target)
        if details.job.state == JobState.finished.rawValue, !keepsOriginals {
            for file in sent { _ = try await target.interface.perform(DeleteAssetFile(name: asset, file: file)) }
        }
        return details
    }

    /// A file as an original of the asset: sent, unless the asset has that content under that name.
    private func original(
        of path: String, _ target: OriginalUpload
    ) async throws -> (reference: OriginalReference, isNew: Bool) {
        let source = try SourceFile(path: path)
        let name = URL(fileURLWithPath: path).lastPathComponent
        guard let reference = OriginalReference("asset:\(asset)/\(name)") else {
            throw CommandFailure(.badData, "'\(name)' cannot name a file of an asset: letters, digits, '.', '_', '-'")
        }
        let digest = try target.digest(of: source, name: name, sending)
        let known = try await target.interface.perform(ListAssetFiles(name: asset)).files.first { $0.name == name }
        if let known, known.state == AssetFileState.ready.rawValue {
            guard known.sha256 == digest.whole.hexDigits else {
                throw CommandFailure(
                    .badData,
                    "asset '\(asset)' has another file '\(name)': remove it ('keyway asset file delete'), or rename yours"
                )
            }
            target.forgetKey(asset: asset, name: name)
            return (reference, false)
        }
        let sent = try await target.send(
            source, digest: digest,
            OriginalUpload.Order(asset: asset, name: name, isEncrypted: isEncrypted, sending: sending))
        guard sent.file.state == AssetFileState.ready.rawValue else {
            throw CommandFailure(
                .badData, "\(asset)/\(name) is in state \(sent.file.state)" + (sent.file.reason.map { ": \($0)" } ?? "")
            )
        }
        return (reference, true)
    }

    private func end(of job: JobDetails, _ target: OriginalUpload) async throws -> JobDetails {
        let bar = ProgressBar(label: label, isDrawn: isDrawn || Terminal.isInteractive)
        defer { bar.finish() }
        var details = job
        while JobState(rawValue: details.job.state)?.isFinal == false {
            bar.show(done: Int(details.job.progress * 1000), of: 1000)
            try await Task.sleep(for: Self.interval)
            details = try await target.interface.perform(ShowJob(id: job.job.id))
        }
        return details
    }
}
