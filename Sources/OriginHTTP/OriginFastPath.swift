import HTTPSurface
import HTTPTypes
import Logging
import NIOCore
import Origin
import Policies

/// Manifests and segments, answered on the event loop when all that they are made of is in memory: the same decisions and
/// answers as the router's, which takes everything else.
final class OriginFastPath: FastResponder {
    private let service: OriginService
    private let executor: MediaExecutor
    private let endpoints: StreamingEndpoints
    private let memory: SegmentMemory
    private let answers: DocumentAnswers
    private let sharing: CrossOriginPolicy
    private let logger: Logger
    private let next: (any FastResponder)?

    /// - Parameter next: asked for what is none of the origin's.
    init(
        service: OriginService, executor: MediaExecutor, endpoints: StreamingEndpoints, memory: SegmentMemory,
        sharing: CrossOriginPolicy, logger: Logger, next: (any FastResponder)?
    ) {
        self.service = service
        self.executor = executor
        self.endpoints = endpoints
        self.memory = memory
        self.sharing = sharing
        self.logger = logger
        self.next = next
        answers = DocumentAnswers(service, sharing)
    }

    func considers(_ request: FastRequest) -> Bool {
        isOfOrigin(request) || next?.considers(request) ?? false
    }

    func answerAtHand(to request: FastRequest) -> FastResponse? {
        guard isOfOrigin(request) else { return next?.answerAtHand(to: request) }
        return answers.answer(to: request, make: document) ?? (try? response(to: request))
    }

    func respond(
        to request: FastRequest, on loop: any EventLoop, answer: @escaping @Sendable (FastResponse) -> Void
    ) -> Bool {
        isOfOrigin(request) ? false : next?.respond(to: request, on: loop, answer: answer) ?? false
    }

    func failed(_ error: any Error, requestID: String) {
        logger.error("stored media cannot be served", metadata: ["request": "\(requestID)", "cause": "\(error)"])
    }

    /// `/{locator}/…`, without a query but a signature's: what shows a token or a ticket is for the router.
    private func isOfOrigin(_ request: FastRequest) -> Bool {
        guard request.method == .get || request.method == .head else { return false }
        guard OriginPath.mayBe(request.target) else { return false }
        return request.query.map { Self.signature(in: $0) != nil } ?? true
    }

    /// A document, and the answer that everybody gets who asks for it plainly; nil, or an error, where that cannot be told.
    private func document(_ request: FastRequest) throws -> (SharedDocument, FastResponse)? {
        let path = try OriginPath(parsing: request.target)
        guard path.isCanonical, endpoints.areNone, let document = try service.sharedDocument(for: path.request) else {
            return nil
        }
        let answer = try ObjectAnswer(document.object, nil, isRead: true)
        guard case .bytes(let bytes) = document.object.body else { return nil }
        return (document, response(answer, request, body: ByteBuffer(bytes: bytes)))
    }

    private func response(
        _ answer: ObjectAnswer, _ request: FastRequest, _ rules: EndpointRules? = nil, body: ByteBuffer = ByteBuffer()
    ) -> FastResponse {
        var headers = answer.headers
        (rules?.sharing ?? sharing).add(to: &headers, origin: request.origin)
        return FastResponse(
            status: answer.status, headers: headers.map { ($0.name.rawName, $0.value) }, body: body)
    }

    /// Nil, or an error, for what the router has to answer.
    private func response(to request: FastRequest) throws -> FastResponse? {
        let query = request.query
        let path = try OriginPath(parsing: request.path)
        // A playlist for somebody who shows a token carries a ticket.
        guard path.isCanonical, request.authorization == nil || !path.request.isDocument,
            case .rules(let rules) = endpoints.known(request.host),
            // Without an endpoint, a query is the router's to judge.
            query == nil || rules != nil,
            let object = try service.objectAtHand(for: path.request)
        else { return nil }
        var lease: EndpointLease?
        var answer: ObjectAnswer
        if let rules {
            let signature = query.flatMap(Self.signature)
            let visit = EndpointVisit(
                client: request.client, path: request.path, object: path.request.endpointObject, signature: signature,
                cookies: request.cookies)
            // Whoever is refused is told so by the router, and only what is answered here is counted here.
            let known = try answerUnder(rules, visit, request, path.request, object)
            guard let known else { return nil }
            (answer, lease) = known
        } else {
            answer = try ObjectAnswer(object, request.conditions, isRead: request.method == .get)
        }
        var response = response(answer, request, rules)
        guard let range = answer.range else {
            response.absentBody = -1
            return response
        }
        guard request.method != .head else {
            response.absentBody = range.count
            return response
        }
        switch object.body {
        case .bytes(let bytes):
            response.body = ByteBuffer(bytes: bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        case .segment(let source):
            let body = try body(source, object, range)
            response.stream = lease.map { LeasedBody(body, $0) } ?? body
        }
        return response
    }

    /// The signature of a query that has nothing else, and needs no decoding.
    private static func signature(in query: Substring) -> String? {
        guard query.utf8.starts(with: (PathSignature.name + "=").utf8),
            !query.utf8.contains(where: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "%") })
        else { return nil }
        return String(query.dropFirst(PathSignature.name.count + 1))
    }

    /// Nil for what the router has to answer.
    private func answerUnder(
        _ rules: EndpointRules, _ visit: EndpointVisit, _ request: FastRequest, _ asked: OriginRequest,
        _ object: OriginObject
    ) throws -> (ObjectAnswer, EndpointLease?)? {
        if visit.signature != nil {
            // A query that no rule asks for makes an alias, which is not to be stored; links are written by the router.
            guard rules.endpoint.signedURLs?.objects.contains(visit.object) == true, !asked.isDocument else {
                return nil
            }
        }
        var answer = try ObjectAnswer(object, request.conditions, isRead: request.method == .get)
        let admission = try endpoints.admit(visit, to: rules)
        answer.add(rules, admission, asked, object, service)
        return (answer, admission.lease)
    }

    private func body(
        _ source: any SegmentSource, _ object: OriginObject, _ range: Range<UInt64>
    ) throws -> any FastBody {
        let name = SegmentMemory.Name(object)
        if let kept = memory.pieces(of: name) { return KeptSegmentBody(kept, range) }
        let collection = UInt64(range.count) == object.size ? memory.collection(of: name) : nil
        return MadeSegmentBody(try SegmentPieces(source, range), executor, collection)
    }
}

extension OriginRequest {
    /// Whether it depends on who asks.
    fileprivate var isDocument: Bool {
        switch self {
        case .manifest, .mediaPlaylist, .keyFramePlaylist: true
        case .initializationSegment, .segment, .keyFrame, .smoothFragment, .progressive, .sheet, .thumbnailTrack,
            .poster:
            false
        }
    }
}
