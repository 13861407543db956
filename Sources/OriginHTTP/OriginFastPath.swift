import HTTPSurface
import HTTPTypes
import Logging
import NIOCore
import Origin
import Policies

/// Manifests and segments, answered on the event loop when all that they are made of is in memory: the same decisions and
/// answers as the router's, which takes everything else.
struct OriginFastPath: FastResponder {
    let service: OriginService
    let executor: MediaExecutor
    let endpoints: StreamingEndpoints
    let memory: SegmentMemory
    let sharing: CrossOriginPolicy
    let logger: Logger
    /// Asked for what is none of the origin's.
    let next: (any FastResponder)?

    func considers(_ request: FastRequest) -> Bool {
        isOfOrigin(request) || next?.considers(request) ?? false
    }

    func respond(to request: FastRequest, answer: @escaping @Sendable (FastResponse) -> Void) -> Bool {
        guard isOfOrigin(request) else { return next?.respond(to: request, answer: answer) ?? false }
        guard request.body.readableBytes == 0, let response = try? response(to: request) else { return false }
        answer(response)
        return true
    }

    func failed(_ error: any Error, requestID: String) {
        logger.error("stored media cannot be served", metadata: ["request": "\(requestID)", "cause": "\(error)"])
    }

    var readsHost: Bool { !endpoints.areNone || next?.readsHost ?? false }

    /// `/{locator}/…`, without a query but a signature's: what shows a token or a ticket is for the router.
    private func isOfOrigin(_ request: FastRequest) -> Bool {
        guard request.method == .get || request.method == .head else { return false }
        guard OriginPath.mayBe(request.target) else { return false }
        let parts = Self.parts(of: request.target)
        return parts.query.map { Self.signature(in: $0) != nil } ?? true
    }

    /// Nil, or an error, for what the router has to answer.
    private func response(to request: FastRequest) throws -> FastResponse? {
        let parts = Self.parts(of: request.target)
        let path = try OriginPath(parsing: parts.path)
        // A playlist for somebody who shows a token carries a ticket.
        guard path.isCanonical, request.authorization == nil || !path.request.isDocument,
            case .rules(let rules) = endpoints.known(request.host),
            // Without an endpoint, a query is the router's to judge.
            parts.query == nil || rules != nil,
            let object = try service.objectAtHand(for: path.request)
        else { return nil }
        var lease: EndpointLease?
        var answer: ObjectAnswer
        if let rules {
            let signature = parts.query.flatMap(Self.signature)
            let visit = EndpointVisit(
                client: request.client, path: parts.path, object: path.request.endpointObject, signature: signature,
                cookies: request.cookies)
            // Whoever is refused is told so by the router, and only what is answered here is counted here.
            let known = try answerUnder(rules, visit, request, path.request, object)
            guard let known else { return nil }
            (answer, lease) = known
        } else {
            answer = try ObjectAnswer(object, request.conditions, isRead: request.method == .get)
        }
        var headers = answer.headers
        (rules?.sharing ?? sharing).add(to: &headers, origin: request.origin)
        var response = FastResponse(
            status: answer.status, headers: headers.map { ($0.name.rawName, $0.value) }, body: ByteBuffer(),
            requestID: RequestID.next())
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

    private static func parts(of target: String) -> (path: String, query: Substring?) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (target, nil) }
        return (String(target[..<mark]), target[target.index(after: mark)...])
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
        case .initializationSegment, .segment, .smoothFragment, .progressive, .sheet, .thumbnailTrack, .poster: false
        }
    }
}
