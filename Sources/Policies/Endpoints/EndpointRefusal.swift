/// Why an endpoint refuses a request. Codes are stable.
public enum EndpointRefusal: String, Error, Sendable, Hashable, CaseIterable {
    case stopped = "endpointStopped"
    /// There are endpoints, and none of them is the host's.
    case hostUnknown = "hostNotServed"
    case addressDenied = "addressNotAllowed"
    /// No signature was shown where one is needed.
    case signatureMissing
    /// It is not of the form that signatures have.
    case signatureMalformed
    case signatureExpired
    /// It is for another path.
    case signaturePath
    /// It is for another client.
    case signatureAddress
    /// No secret of the endpoint made it.
    case signatureRejected
    case tooManyRequests
    case tooManyConnections
    /// The endpoint as a whole has no room.
    case endpointBusy
}
