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
}
