import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
public import Origin
import Policies

/// The routes of the origin. Nothing is decided here: a path becomes an `OriginRequest`, an object an answer.
public struct OriginRoutes: Sendable {
    private let service: OriginService
    private let executor: MediaExecutor
    let endpoints: StreamingEndpoints

    /// - Parameters:
    ///   - executor: where segments are read and encrypted, away from the event loops.
    ///   - endpoints: who may ask, and what caches are told.
    public init(service: OriginService, executor: MediaExecutor, endpoints: StreamingEndpoints) {
        self.endpoints = endpoints
        self.service = service
        self.executor = executor
    }

    /// The same for plain requests whose objects are in memory.
    ///
    /// - Parameters:
    ///   - memory: of segments that are asked for again.
    ///   - next: answers what is none of the origin's; nil for nobody.
    public func fastResponder(
        sharing: CrossOriginPolicy, memory: SegmentMemory, logger: Logger, otherwise next: (any FastResponder)? = nil
    ) -> any FastResponder {
        OriginFastPath(
            service: service, executor: executor, endpoints: endpoints, memory: memory, sharing: sharing,
            logger: logger, next: next)
    }

    /// Adds the routes of locators: `/{locatorId}/…`.
    public func add(to router: Router<ServiceRequestContext>) {
        router.get(":locator/**") { try await answer($0, $1) }
        router.head(":locator/**") { try await answer($0, $1) }
        for method in Problem.otherMethods where ![.get, .head].contains(method) {
            router.on(":locator/**", method: method) { request, _ -> Response in
                // Other services that listen here have paths of their own.
                guard UUID(uuidString: String(request.uri.path.dropFirst().prefix(36))) != nil else {
                    throw HTTPError(.notFound)
                }
                throw Problem.methodNotAllowed("GET, HEAD")
            }
        }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let object: OriginObject
        let path: OriginPath
        let endpoint: (rules: EndpointRules, admission: EndpointAdmission)?
        do {
            path = try OriginPath(parsing: request.uri.path)
            endpoint = try await admit(request, context, path)
            guard path.isCanonical else { return Self.redirection(to: path.request, request.uri.query) }
            let viewer = try viewer(request, context)
            // Planning a long segment takes its time.
            object = try await withTaskExecutorPreference(executor) {
                try await service.object(for: path.request, viewer: viewer)
                    .linked(by: endpoint?.admission.signature?.query)
            }
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
        // A query changes nothing of an object: a shared cache must not keep one copy for each.
        let isAlias = object.lifetime != .session && request.uri.query?.isEmpty == false
        var answer = try ObjectAnswer(
            object, request.headers, isRead: request.method == .get,
            isStored: !isAlias || request.uri.query == endpoint?.admission.signature?.parameter)
        if let endpoint { answer.add(endpoint.rules, endpoint.admission, path.request, object, service) }
        var response = response(answer, object, request, endpoint?.admission.lease)
        response.headers[.contentDisposition] = path.request.disposition(request.uri.query)
        return response
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
        _ answer: ObjectAnswer, _ object: OriginObject, _ request: Request, _ lease: EndpointLease?
    ) -> Response {
        var headers = answer.headers
        guard let range = answer.range else { return Response(status: answer.status, headers: headers) }
        headers[.contentLength] = "\(range.count)"
        guard request.method != .head else { return Response(status: answer.status, headers: headers, body: .init()) }
        switch object.body {
        case .bytes(let bytes):
            let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
            return Response(
                status: answer.status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: part)))
        case .segment(let source):
            return Response(status: answer.status, headers: headers, body: streaming(source, range, lease))
        }
    }

    private func streaming(
        _ source: any SegmentSource, _ range: Range<UInt64>, _ lease: EndpointLease?
    ) -> ResponseBody {
        let executor = executor
        return ResponseBody(contentLength: Int(range.count)) { writer in
            // Reading and encrypting run on the media threads; a piece is handed over before the next one is made.
            try await withTaskExecutorPreference(executor) {
                let pieces = try SegmentPieces(source, range)
                while pieces.left > 0 {
                    var piece = ByteBuffer()
                    try piece.append(pieces, mayWait: true)
                    try await writer.write(piece)
                }
            }
            try await writer.finish(nil)
            withExtendedLifetime(lease) {}
        }
    }
}

extension OriginRequest {
    /// For a whole file that a browser is asked to keep: `?download`. Names of assets need no escaping.
    fileprivate func disposition(_ query: String?) -> String? {
        guard case .progressive(let presentation, _) = self,
            query?.split(separator: "&").contains(where: { $0 == "download" || $0.hasPrefix("download=") }) == true
        else { return nil }
        return "attachment; filename=\"\(presentation.name).mp4\""
    }
}

extension ByteBuffer {
    /// Appends the next piece of a segment; false when the disk has to be waited for, and may not be.
    @discardableResult
    mutating func append(_ pieces: SegmentPieces, mayWait: Bool) throws -> Bool {
        var isMade = true
        try writeWithUnsafeMutableBytes(minimumWritableBytes: SegmentPieces.size) { space in
            let piece = UnsafeMutableRawBufferPointer(rebasing: space[..<SegmentPieces.size])
            guard let count = try pieces.next(into: piece, mayWait: mayWait) else {
                isMade = false
                return 0
            }
            return count
        }
        return isMade
    }
}
