import HTTPSurface
import HTTPTypes
import Policies

extension Problem {
    static func noLicenceServer(_ system: KeyDeliveryType) -> Problem {
        Problem(
            .notImplemented, code: "licenceServerNotConfigured",
            detail: "No licensed \(system.rawValue) server is configured; this service delivers AES and ClearKey keys.")
    }
}
