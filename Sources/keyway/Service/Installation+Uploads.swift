import Adapters
import AssetFiles

extension Installation {
    /// What takes originals in.
    func makeUploads(_ settings: UploadSettings) -> UploadService {
        UploadService(assets: storedAssets, settings: settings)
    }
}
