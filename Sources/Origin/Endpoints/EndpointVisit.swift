public import Foundation
public import Policies

/// A request as endpoints judge it.
public struct EndpointVisit: Sendable {
    /// After trusted proxies; nil when it cannot be told.
    public var client: IPAddress?
    /// Without the query.
    public var path: String
    public var object: EndpointObject
    /// The query's parameter of signatures, percent-decoded.
    public var signature: String?
    /// The `Cookie` field.
    public var cookies: String?

    public init(
        client: IPAddress?, path: String, object: EndpointObject, signature: String? = nil, cookies: String? = nil
    ) {
        self.client = client
        self.path = path
        self.object = object
        self.signature = signature
        self.cookies = cookies
    }
}

/// That an endpoint lets a request in.
public struct EndpointAdmission: Sendable {
    /// A signature that was needed, and good.
    public struct Signature: Sendable {
        public let expires: Date
        /// The query's text, for the links of what is answered; nil for one from a cookie, which players send by themselves.
        public let query: String?
        /// Whether it is one client's, by its address.
        public let isBound: Bool

        /// The query that holds nothing but the signature.
        public var parameter: String? { query.map { "\(PathSignature.name)=\($0)" } }
    }

    public let signature: Signature?
    /// To be held until the answer is out.
    public let lease: EndpointLease?
}

extension OriginRequest {
    /// What endpoints call it.
    public var endpointObject: EndpointObject {
        switch self {
        case .manifest: .manifest
        case .mediaPlaylist, .keyFramePlaylist, .thumbnailTrack: .playlist
        case .initializationSegment: .initialization
        case .segment, .keyFrame, .smoothFragment, .sheet: .segment
        case .progressive, .poster: .progressive
        }
    }
}
