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

    /// `/{locator}/…`, without a query: what shows a token or a ticket is for the router.
    private func isOfOrigin(_ request: FastRequest) -> Bool {
        guard request.method == .get || request.method == .head else { return false }
        let target = request.target.utf8
        guard target.count > 38, target[target.index(target.startIndex, offsetBy: 37)] == UInt8(ascii: "/") else {
            return false
        }
        return !target.contains(UInt8(ascii: "?"))
    }

    /// Nil, or an error, for what the router has to answer.
    private func response(to request: FastRequest) throws -> FastResponse? {
        let path = try OriginPath(parsing: request.target)
        // A playlist for somebody who shows a token carries a ticket.
        guard path.isCanonical, request.authorization == nil || !path.request.isDocument,
            let object = try service.objectAtHand(for: path.request)
        else { return nil }
        let answer = try ObjectAnswer(object, request.conditions, isRead: request.method == .get)
        var headers = answer.headers
        sharing.add(to: &headers, origin: request.origin)
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
            response.stream = try body(source, object, range)
        }
        return response
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
        case .initializationSegment, .segment, .smoothFragment, .progressive: false
        }
    }
}
