import Administration
import AssetFiles
import Catalog
import EncoderProtocol
import Foundation
import KeyServer

/// A version that a job made.
struct MadeVersion: Sendable {
    var id: String
    var state: String
    var version: Int?
    var warnings: [String]
}

/// Makes a version on a server of files that are here: they are sent as originals of the asset, and a job of the server's
/// takes them as they are.
struct RemoteVersion {
    private static let interval = Duration.milliseconds(300)

    var asset: String
    var inputs: [UploadInput]
    var isEncrypted: Bool?
    var account: String?
    var keepsOriginals: Bool
    var sending: SendingOptions

    func make(_ common: CommonOptions) async throws -> MadeVersion {
        let target = try await OriginalUpload(common)
        let result: Result<MadeVersion, any Error>
        do {
            result = .success(try await make(target))
        } catch {
            result = .failure(error)
        }
        await target.shutDown()
        return try result.get()
    }

    private func make(_ target: OriginalUpload) async throws -> MadeVersion {
        try await target.prepare(sending)
        do {
            _ = try await target.interface.perform(CreateAsset(name: asset, account: account))
        } catch let error as OperatorError where error.code == .exists {
            // It gets a new version.
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
        let details = try await end(
            of: target.interface.perform(
                SubmitJob(
                    transform: JobRecord.uploadPreset, asset: asset, inputs: texts, account: account,
                    encrypted: isEncrypted)), target)
        if !keepsOriginals {
            for file in sent { _ = try await target.interface.perform(DeleteAssetFile(name: asset, file: file)) }
        }
        return MadeVersion(
            id: details.job.id, state: details.job.state, version: details.job.version, warnings: details.warnings)
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
        let bar = ProgressBar(label: "making \(asset)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        var details = job
        while JobState(rawValue: details.job.state)?.isFinal == false {
            bar.show(done: Int(details.job.progress * 1000), of: 1000)
            try await Task.sleep(for: Self.interval)
            details = try await target.interface.perform(ShowJob(id: job.job.id))
        }
        guard details.job.state == JobState.finished.rawValue else {
            throw EncodeCommand.failure(code: details.job.errorCode, details.job.errorMessage)
        }
        return details
    }
}
