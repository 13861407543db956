import Adapters
import AssetFiles

extension Installation {
    /// What takes originals in, and puts them to the checks.
    func makeUploads(_ configuration: ServiceConfiguration) -> UploadService {
        UploadService(
            assets: storedAssets, settings: configuration.uploads, checks: makeChecks(configuration.checks),
            concurrency: configuration.checks.concurrency)
    }

    /// In the order in which they are done: what may be malware is opened last.
    func makeChecks(_ settings: CheckSettings) -> [any IngestCheck] {
        [settings.clamdCheck].compactMap { $0 }
    }
}
