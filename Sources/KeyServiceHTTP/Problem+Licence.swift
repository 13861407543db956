import HTTPSurface
import HTTPTypes
import KeyDelivery
import Policies

/// The one table from a licence server's failures to answers. A player learns that it was not its own fault; the log has
/// the reason, and nobody gets the server's words.
extension Problem {
    init(licence error: LicenceServerError) {
        switch error.code {
        case .timedOut:
            self.init(
                .gatewayTimeout, code: "licenceServerTimeout", detail: "The licence server did not answer in time.")
        case .unreachable:
            self.init(.badGateway, code: "licenceServerUnreachable", detail: "The licence server cannot be reached.")
        case .refused:
            self.init(.badGateway, code: "licenceServerRefused", detail: "The licence server gave no licence.")
        case .answerNotUsable:
            self.init(
                .badGateway, code: "licenceServerAnswer", detail: "The licence server's answer cannot be passed on.")
        case .secretNotUsable, .recipientNotUsable: self = .unavailable
        }
    }

    static func noLicenceServer(_ system: KeyDeliveryType) -> Problem {
        let name = "licences.\(system.rawValue)"
        return Problem(
            .notImplemented, code: "licenceServerNotConfigured",
            detail: "No \(system.rawValue) licence server is configured: \(name).url and \(name).secret of keyway.yaml "
                + "are missing. This service makes no such licences itself; it authorises, and hands on.")
    }
}
