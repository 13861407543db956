import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import Logging
import NIOCore
public import Origin
import Policies

/// The routes of the origin. Nothing is decided here: a path becomes an `OriginRequest`, an object an answer.
public struct OriginRoutes: Sendable {
    private let service: OriginService
    private let executor: MediaExecutor

    /// - Parameter executor: where segments are read and encrypted, away from the event loops.
    public init(service: OriginService, executor: MediaExecutor) {
        self.service = service
        self.executor = executor
    }

    /// Adds the routes of locators: `/{locatorId}/…`.
    public func add(to router: Router<ServiceRequestContext>) {
        router.get(":locator/**") { try await answer($0, $1) }
        router.head(":locator/**") { try await answer($0, $1) }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let object: OriginObject
        do {
            let path = try OriginPath(parsing: request.uri.path)
            guard path.isCanonical else { return Self.redirection(to: path.request, request.uri.query) }
            object = try await service.object(for: path.request, viewer: try viewer(request, context))
        } catch let error as OriginError {
            if error.code == .storageFault {
                context.logger.error(
                    "stored media cannot be served",
                    metadata: ["request": "\(context.requestID)", "cause": "\(error.detail)"])
            }
            throw Problem(error)
        } catch let error as ViewerRefused {
            throw Problem(denial: error.reason)
        }
        let evaluation = ConditionalRequest(request.headers).evaluate(object)
        var headers = Self.headers(of: object)
        // A query changes nothing of an immutable object: a shared cache must not keep one copy for each.
        if object.lifetime == .immutable, request.uri.query?.isEmpty == false { headers[.cacheControl] = "no-store" }
        switch evaluation {
        case .notModified:
            return Response(status: .notModified, headers: headers)
        case .preconditionFailed:
            throw Problem(.preconditionFailed, code: "preconditionFailed", detail: "The object has another ETag.")
        case .rangeNotSatisfiable:
            throw Problem(
                .rangeNotSatisfiable, code: "rangeNotSatisfiable", detail: "The range lies outside the object.",
                headers: [.contentRange: "bytes */\(object.size)"])
        case .whole:
            return response(.ok, headers, object, 0..<object.size, request)
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(object.size)"
            return response(.partialContent, headers, object, range, request)
        }
    }

    /// Where a manifest lies whose URL was spelled in another way: caches then hold it once. The query stays; what is in
    /// it may be a viewer's alone.
    private static func redirection(to canonical: OriginRequest, _ query: String?) -> Response {
        let query = query.flatMap { $0.isEmpty ? nil : $0 }
        return Response(
            status: .permanentRedirect,
            headers: [
                .location: OriginPath.print(canonical) + (query.map { "?" + $0 } ?? ""),
                .cacheControl: query == nil ? "public, max-age=86400" : "no-store",
            ])
    }

    /// Who asks for a playlist with a token or a ticket; nil for everybody else.
    private func viewer(_ request: Request, _ context: ServiceRequestContext) throws -> Viewer? {
        let (credential, ticket) = (try request.credential(), request.ticket)
        guard credential != nil || ticket != nil, let address = context.clientAddress else { return nil }
        return Viewer(
            credential: credential, ticket: ticket, clientAddress: address, requestID: context.requestID)
    }

    private func response(
        _ status: HTTPResponse.Status, _ headers: HTTPFields, _ object: OriginObject, _ range: Range<UInt64>,
        _ request: Request
    ) -> Response {
        var headers = headers
        headers[.contentType] = object.contentType
        headers[.contentLength] = "\(range.count)"
        guard request.method != .head else { return Response(status: status, headers: headers, body: .init()) }
        switch object.body {
        case .bytes(let bytes):
            let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: part)))
        case .segment(let source):
            return Response(status: status, headers: headers, body: streaming(source, range))
        }
    }

    private func streaming(_ source: any SegmentSource, _ range: Range<UInt64>) -> ResponseBody {
        let executor = executor
        return ResponseBody(contentLength: Int(range.count)) { writer in
            // Reading and encrypting run on the media threads; a piece is handed over before the next one is made.
            try await withTaskExecutorPreference(executor) {
                try await source.write(range) { try await writer.write(ByteBuffer(bytes: $0)) }
            }
            try await writer.finish(nil)
        }
    }

    private static func headers(of object: OriginObject) -> HTTPFields {
        var fields = HTTPFields()
        fields[.eTag] = "\"\(object.entityTag)\""
        fields[.lastModified] = HTTPDate.format(object.lastModified)
        fields[.acceptRanges] = "bytes"
        switch object.lifetime {
        case .immutable: fields[.cacheControl] = "public, max-age=31536000, s-maxage=31536000, immutable"
        case .short: fields[.cacheControl] = "public, max-age=2, s-maxage=2"
        case .session: fields[.cacheControl] = "private, no-store"
        }
        // Who shows a token in a header gets a playlist with a ticket.
        if object.lifetime != .immutable { fields[.vary] = "Authorization" }
        return fields
    }
}
