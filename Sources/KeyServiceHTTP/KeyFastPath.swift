import ContentKeys
import Foundation
import HTTPSurface
import HTTPTypes
import KeyDelivery
import NIOCore
import Policies

/// `GET|POST /keys/aes` without a body, answered on the event loop from memory: the same decision, audit record and
/// answer as the router's, which takes over when something has to be read.
struct KeyFastPath: FastResponder {
    let service: KeyDeliveryService
    let sharing: CrossOriginPolicy

    func considers(_ request: FastRequest) -> Bool {
        (request.method == .get || request.method == .post) && request.target.utf8.starts(with: "/keys/aes".utf8)
    }

    func respond(to request: FastRequest, answer: @escaping @Sendable (FastResponse) -> Void) -> Bool {
        let target = RequestTarget(request.target)
        guard request.body.readableBytes == 0, let keyID = target.keyID,
            case .some(let credential) = credential(request, target)
        else { return false }
        let requestID = RequestID.next()
        let shared = sharing.headers(origin: request.origin)
        return service.deliverNow(
            KeyRequest(
                keyIDs: [keyID], delivery: .aes, credential: credential, ticket: target.value(of: "ticket"),
                clientAddress: request.client),
            requestID: requestID
        ) { outcome in
            var response = Self.response(outcome, requestID: requestID)
            response.headers += shared
            answer(response)
        }
    }

    /// The token; inner nil for none, outer nil for one that the router has to refuse.
    private func credential(_ request: FastRequest, _ target: RequestTarget) -> String?? {
        let token = request.authorization.map(BearerToken.token) ?? target.value(of: "token")
        guard let token, !token.isEmpty else { return .some(nil) }
        return token.utf8.count <= BearerToken.longest ? .some(token) : nil
    }

    private static func response(_ outcome: KeyDeliveryOutcome, requestID: String) -> FastResponse {
        switch outcome {
        case .released(let keys):
            guard let released = keys.first else { return Problem.unavailable.fastResponse(requestID: requestID) }
            return FastResponse(
                status: .ok,
                headers: [
                    ("content-type", "application/octet-stream"), ("cache-control", "no-store"),
                ],
                body: released.key.withUnsafeBytes { ByteBuffer(bytes: $0) }, requestID: requestID)
        case .denied(let reason): return Problem(denial: reason).fastResponse(requestID: requestID)
        case .limited(let wait): return Problem.limited(seconds: wait.wholeSeconds).fastResponse(requestID: requestID)
        case .unavailable: return Problem.unavailable.fastResponse(requestID: requestID)
        }
    }
}

extension Duration {
    /// Rounded up.
    var wholeSeconds: Int {
        Int(clamping: components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
