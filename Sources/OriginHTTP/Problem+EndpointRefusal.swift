import HTTPSurface
import HTTPTypes
import Policies

/// The one table from endpoints' refusals to answers: which class of check failed, never what would have passed it.
extension Problem {
    init(_ refusal: EndpointRefusal) {
        let (status, detail, wait): (HTTPResponse.Status, String, Int?) =
            switch refusal {
            case .stopped: (.serviceUnavailable, "The streaming endpoint is stopped.", 30)
            // RFC 9110, 15.5.20.
            case .hostUnknown: (.misdirectedRequest, "No streaming endpoint is for this host.", nil)
            case .addressDenied: (.forbidden, "The client's address is not allowed.", nil)
            case .signatureMissing: (.forbidden, "A signature is needed: kw in the query, or the cookie kw.", nil)
            case .signatureMalformed: (.forbidden, "The signature is not of the form of signatures.", nil)
            case .signatureExpired: (.forbidden, "The signature is past its time.", nil)
            case .signaturePath: (.forbidden, "The signature is for another path.", nil)
            case .signatureAddress: (.forbidden, "The signature is for another client.", nil)
            case .signatureRejected: (.forbidden, "The signature was not made with a secret of this endpoint.", nil)
            case .tooManyRequests: (.tooManyRequests, "Too many requests; ask again later.", 1)
            case .tooManyConnections: (.tooManyRequests, "Too many answers to this client are under way.", 1)
            case .endpointBusy: (.serviceUnavailable, "Too many answers are under way.", 1)
            }
        var headers = HTTPFields()
        if let wait { headers[.retryAfter] = String(wait) }
        self.init(status, code: refusal.rawValue, detail: detail, headers: headers)
    }
}
