import ContentKeys
import Foundation
import HTTPSurface
import HTTPTypes
import KeyDelivery
import Logging
import NIOCore
import Policies

/// `GET|POST /keys/aes` without a body and `POST /keys/clearkey`, answered on the event loop when all is in memory: the same
/// decision, audit record and answer as the router's, which takes over when a request has to be explained.
struct KeyFastPath: FastResponder {
    let service: KeyDeliveryService
    let sharing: CrossOriginPolicy
    let logger: Logger

    func considers(_ request: FastRequest) -> Bool {
        let target = request.target.utf8
        switch request.method {
        case .get: return target.starts(with: "/keys/aes".utf8)
        case .post: return target.starts(with: "/keys/aes".utf8) || target.starts(with: "/keys/clearkey".utf8)
        case .head, .options: return false
        }
    }

    func respond(to request: FastRequest, answer: @escaping @Sendable (FastResponse) -> Void) -> Bool {
        let target = RequestTarget(request.target)
        guard case .some(let credential) = credential(request, target),
            let (keys, makeAnswer) = keyRequest(request, target, credential)
        else { return false }
        let requestID = RequestID.next()
        let shared = sharing.headers(origin: request.origin)
        service.deliver(keys, requestID: requestID) { [logger] result in
            var response =
                switch result {
                case .success(let outcome): Self.response(outcome, requestID: requestID, makeAnswer)
                case .failure(let error):
                    Problem(logging: error, requestID: requestID, logger).fastResponse(requestID: requestID)
                }
            response.headers += shared
            answer(response)
        }
        return true
    }

    /// What is asked for, and how released keys are answered; nil for what is the router's.
    private func keyRequest(
        _ request: FastRequest, _ target: RequestTarget, _ credential: String?
    ) -> (KeyRequest, @Sendable ([ReleasedKey], String) -> FastResponse)? {
        if target.isPath("/keys/clearkey") {
            let body = Array(request.body.readableBytesView)
            guard request.method == .post, let licence = try? ClearKeyLicenceRequest(parsing: body) else { return nil }
            let keys = KeyRequest(
                keyIDs: licence.keyIDs, delivery: .clearkey, credential: credential, clientAddress: request.client)
            return (keys, Self.licence)
        }
        guard request.body.readableBytes == 0, let keyID = target.keyID else { return nil }
        let keys = KeyRequest(
            keyIDs: [keyID], delivery: .aes, credential: credential, ticket: target.value(of: "ticket"),
            clientAddress: request.client)
        return (keys, Self.key)
    }

    /// The token; inner nil for none, outer nil for one that the router has to refuse.
    private func credential(_ request: FastRequest, _ target: RequestTarget) -> String?? {
        let token = request.authorization.map(BearerToken.token) ?? target.token
        guard let token, !token.isEmpty else { return .some(nil) }
        return token.utf8.count <= BearerToken.longest ? .some(token) : nil
    }

    private static func response(
        _ outcome: KeyDeliveryOutcome, requestID: String,
        _ makeAnswer: @Sendable ([ReleasedKey], String) -> FastResponse
    ) -> FastResponse {
        switch outcome {
        case .released(let keys): makeAnswer(keys, requestID)
        case .denied(let reason): Problem(denial: reason).fastResponse(requestID: requestID)
        case .limited(let wait): Problem.limited(seconds: wait.wholeSeconds).fastResponse(requestID: requestID)
        case .unavailable: Problem.unavailable.fastResponse(requestID: requestID)
        }
    }

    /// The bytes of one key.
    @Sendable private static func key(_ keys: [ReleasedKey], _ requestID: String) -> FastResponse {
        guard let released = keys.first else { return Problem.unavailable.fastResponse(requestID: requestID) }
        return FastResponse(
            status: .ok, headers: [("content-type", "application/octet-stream"), ("cache-control", "no-store")],
            body: released.key.withUnsafeBytes { ByteBuffer(bytes: $0) }, requestID: requestID)
    }

    @Sendable private static func licence(_ keys: [ReleasedKey], _ requestID: String) -> FastResponse {
        FastResponse(
            status: .ok, headers: [("content-type", "application/json"), ("cache-control", "no-store")],
            body: ClearKeyLicence(keys: keys).json, requestID: requestID)
    }
}

extension Duration {
    /// Rounded up.
    var wholeSeconds: Int {
        Int(clamping: components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
