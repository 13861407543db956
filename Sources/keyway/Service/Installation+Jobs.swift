import Adapters
import Administration
import Catalog
import ContentKeys
import Foundation
import Jobs
import KeyServer
import Logging

extension Installation {
    /// The queue of this data folder, with the encoder program that lies beside this one.
    func makeJobQueue(_ settings: StorageSettings, logger: Logger) throws -> JobQueue {
        let publication = Publication(catalog: catalog, makeKey: contentKeyMaker)
        let worker = EncodingWorker(
            EncodingWorker.Environment(
                catalog: catalog, storage: storage, unwrapper: unwrapper, encoder: Self.encoderPath,
                limits: EncodingLimits(), isStorageEncrypted: settings.isEncrypted,
                makeStorageKey: { try makeContentKey(.storage, keyID: .random(), name: nil) },
                changesForNewVersion: { try await publication.allocateNumbersForNewVersion($0) }))
        return JobQueue(worker: worker, lockPath: dataFolder + "/worker.lock", logger: logger)
    }

    /// `keyway-encoder` in the folder of the running program.
    static var encoderPath: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "keyway"
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("keyway-encoder").path
    }
}
