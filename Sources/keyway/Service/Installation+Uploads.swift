import Adapters
import AssetFiles
import ContentChecks
import Jobs

extension Installation {
    /// What takes originals in, and puts them to the checks.
    func makeUploads(_ configuration: ServiceConfiguration) -> UploadService {
        UploadService(
            assets: storedAssets, settings: configuration.uploads, checks: makeChecks(configuration.checks),
            concurrency: configuration.checks.concurrency, keys: makeUploadKeys())
    }

    /// In the order in which they are done: what may be malware is opened last.
    func makeChecks(_ settings: CheckSettings) -> [any IngestCheck] {
        let probe = EncoderProbe(encoder: Self.encoderPath)
        let own: [any IngestCheck] = [
            RuleCheck(catalog: catalog, probe: probe), KnownWorkCheck(catalog: catalog, probe: probe),
        ]
        return [settings.clamdCheck].compactMap { $0 } + own
    }
}
