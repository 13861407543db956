import AssetFiles
import Catalog
import EncoderProtocol
import MediaStorage

/// What the encoder child is given as inputs: paths as they are, and originals as places where this process serves them for
/// as long as this value lives.
struct JobInputs: Sendable {
    let arguments: [String]
    private let servers: [OriginalServer]

    /// - Throws: `JobFailure` for an original that is not there, or that nothing may use yet.
    init(_ inputs: [String], _ environment: EncodingWorker.Environment) async throws {
        let assets = StoredAssets(
            catalog: environment.catalog, storage: environment.storage, unwrapper: environment.unwrapper)
        var arguments: [String] = []
        var servers: [OriginalServer] = []
        for input in inputs {
            // Of an upload, behind a tab, which tracks are meant.
            let parts = input.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let reference = parts.first.flatMap(OriginalReference.init) else {
                arguments.append(input)
                continue
            }
            let file = try await assets.catalog.assetFile(asset: reference.asset, name: reference.file)
            guard let file else {
                throw JobFailure(
                    encoder: .inputMissing, "asset '\(reference.asset)' has no file '\(reference.file)'")
            }
            do {
                let server = try OriginalServer(try await assets.open(file), name: file.name)
                servers.append(server)
                arguments.append(
                    ([EncoderTask.originalPrefix + server.path] + parts.dropFirst()).joined(separator: "\t"))
            } catch let error as AssetFileError {
                throw JobFailure(.originalNotReady, error.reason)
            }
        }
        self.arguments = arguments
        self.servers = servers
    }

    /// Files of storage, in the order in which the child numbers them.
    init(stored files: [(reader: any MediaReader, name: String)]) throws {
        servers = try files.map { try OriginalServer($0.reader, name: $0.name) }
        arguments = servers.map { EncoderTask.originalPrefix + $0.path }
    }

    /// - Throws: what kept an original from being read, of which the child sees an end only.
    fileprivate func checkReading() throws {
        if let error = servers.lazy.compactMap(\.readError).first { throw error }
    }
}

extension EncodingWorker.Environment {
    /// Whether the version that a job makes is encrypted in storage. Where nobody said it, so is what is made of an original that
    /// its sender encrypted, whatever is configured: its content was to lie on no disk in the clear.
    func encryptsVersion(of job: JobRecord) async throws -> Bool {
        if let said = job.isStorageEncrypted { return said }
        guard !isStorageEncrypted else { return true }
        for input in job.inputs {
            guard let reference = input.split(separator: "\t").first.flatMap({ OriginalReference(String($0)) }),
                let file = try await catalog.assetFile(asset: reference.asset, name: reference.file),
                let key = file.storageKey, let asset = try await catalog.asset(named: file.asset)
            else { continue }
            if key != asset.storageKey { return true }
        }
        return false
    }

    /// Runs the encoder child over inputs of a job.
    ///
    /// - Throws: `JobFailure`; what could not be read of an original, which is no fault of its content.
    func runChild(
        _ order: String, inputs: [String], _ reception: any EncoderOutput
    ) async throws -> EncoderChild.Outcome {
        try await runChild(order, JobInputs(inputs, self), reception)
    }

    /// Runs the encoder child over what this process serves.
    ///
    /// - Throws: `JobFailure`; what could not be read, which is no fault of its content.
    func runChild(
        _ order: String, _ served: JobInputs, _ reception: any EncoderOutput
    ) async throws -> EncoderChild.Outcome {
        do {
            let outcome = try await EncoderChild(executable: encoder, limits: limits).run(
                preset: order, inputs: served.arguments, reception)
            try served.checkReading()
            return outcome
        } catch let failure as JobFailure {
            try served.checkReading()
            throw failure
        }
    }
}
