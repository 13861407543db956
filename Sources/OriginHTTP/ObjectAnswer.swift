import Foundation
import HTTPSurface
import HTTPTypes
import Origin
import Policies

/// What is answered to a request for an object, but for its bytes: the status, the headers, and which bytes.
struct ObjectAnswer {
    let status: HTTPResponse.Status
    private(set) var headers: HTTPFields
    /// Nil where the answer has no content (304).
    let range: Range<UInt64>?

    /// - Parameters:
    ///   - conditions: the request's range and preconditions, or all of its headers.
    ///   - isRead: whether the method is GET; any other has no use for a range (RFC 9110, 14.2).
    ///   - isStored: whether caches may keep the answer.
    /// - Throws: `Problem` when a precondition fails or the range lies outside.
    init(_ object: OriginObject, _ conditions: HTTPFields?, isRead: Bool, isStored: Bool = true) throws {
        var headers = Self.headers(of: object)
        if !isStored { headers[.cacheControl] = "no-store" }
        switch conditions.map({ ConditionalRequest($0, isRead: isRead).evaluate(object) }) ?? .whole {
        case .notModified: (status, range) = (.notModified, nil)
        case .preconditionFailed:
            throw Problem(.preconditionFailed, code: "preconditionFailed", detail: "The object has another ETag.")
        case .rangeNotSatisfiable:
            throw Problem(
                .rangeNotSatisfiable, code: "rangeNotSatisfiable", detail: "The range lies outside the object.",
                headers: [.contentRange: "bytes */\(object.size)"])
        case .whole:
            (status, range) = (.ok, 0..<object.size)
            headers[.contentType] = object.contentType
        case .part(let part):
            (status, range) = (.partialContent, part)
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(object.size)"
            headers[.contentType] = object.contentType
        }
        self.headers = headers
    }

    /// Adds what an endpoint says of the answer.
    mutating func add(
        _ rules: EndpointRules, _ admission: EndpointAdmission, _ request: OriginRequest, _ object: OriginObject,
        _ service: OriginService
    ) {
        let next = rules.endpoint.prefetches ? service.segment(after: request) : nil
        EndpointAnswer(rules: rules, admission: admission, next: next)
            .add(to: &headers, request, object.lifetime, at: Date())
    }

    private static func headers(of object: OriginObject) -> HTTPFields {
        var fields = HTTPFields()
        fields[.eTag] = "\"\(object.entityTag)\""
        fields[.lastModified] = HTTPDate.format(object.lastModified)
        fields[.acceptRanges] = "bytes"
        switch object.lifetime {
        case .immutable: fields[.cacheControl] = "public, max-age=31536000, s-maxage=31536000, immutable"
        case .revisable: fields[.cacheControl] = "public, max-age=60, s-maxage=60"
        case .short, .shortWithoutTicket: fields[.cacheControl] = "public, max-age=2, s-maxage=2"
        case .session: fields[.cacheControl] = "private, no-store"
        }
        // Who shows a token in a header gets a playlist with a ticket.
        if [.shortWithoutTicket, .session].contains(object.lifetime) { fields[.vary] = "Authorization" }
        return fields
    }
}
