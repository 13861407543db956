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
    private let service: KeyDeliveryService
    private let sharing: CrossOriginPolicy
    private let logger: Logger
    /// The answer with a key to an origin that is answered as all are; only the key is missing in it.
    private let keyAnswer: FastResponse

    init(service: KeyDeliveryService, sharing: CrossOriginPolicy, logger: Logger) {
        self.service = service
        self.sharing = sharing
        self.logger = logger
        let length = ContentKeyType.envelope.keyLength
        var answer = Self.answer(ByteBuffer(repeating: 0, count: length))
        answer.headers += sharing.headers(origin: nil)
        keyAnswer = answer.written
    }

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
            let keys = keyRequest(request, target, credential)
        else { return false }
        let requestID = RequestID.next()
        let origin = request.origin
        service.deliver(keys, requestID: requestID) { result in
            answer(response(to: keys, result, origin: origin, requestID: requestID))
        }
        return true
    }

    /// What is asked for; nil for what is the router's.
    private func keyRequest(
        _ request: FastRequest, _ target: RequestTarget, _ credential: String?
    ) -> KeyRequest? {
        if target.isPath("/keys/clearkey") {
            let body = Array(request.body.readableBytesView)
            guard request.method == .post, let licence = try? ClearKeyLicenceRequest(parsing: body) else { return nil }
            return KeyRequest(
                keyIDs: licence.keyIDs, delivery: .clearkey, credential: credential, clientAddress: request.client)
        }
        guard request.body.readableBytes == 0, let keyID = target.keyID else { return nil }
        return KeyRequest(
            keyIDs: [keyID], delivery: .aes, credential: credential, ticket: target.value(of: "ticket"),
            clientAddress: request.client)
    }

    /// The token; inner nil for none, outer nil for one that the router has to refuse.
    private func credential(_ request: FastRequest, _ target: RequestTarget) -> String?? {
        let token = request.authorization.map(BearerToken.token) ?? target.token
        guard let token, !token.isEmpty else { return .some(nil) }
        return token.utf8.count <= BearerToken.longest ? .some(token) : nil
    }

    private func response(
        to keys: KeyRequest, _ result: Result<KeyDeliveryOutcome, any Error>, origin: String?, requestID: String
    ) -> FastResponse {
        if case .success(.released(let released)) = result, keys.delivery == .aes, let key = released.first {
            return response(key, origin: origin, requestID: requestID)
        }
        var response =
            switch result {
            case .success(.released(let released)): Self.licence(released)
            case .success(.denied(let reason)): Problem(denial: reason).fastResponse(requestID: requestID)
            case .success(.limited(let wait)):
                Problem.limited(seconds: wait.wholeSeconds).fastResponse(requestID: requestID)
            case .success(.unavailable): Problem.unavailable.fastResponse(requestID: requestID)
            case .failure(let error):
                Problem(logging: error, requestID: requestID, logger).fastResponse(requestID: requestID)
            }
        response.requestID = requestID
        response.headers += sharing.headers(origin: origin)
        return response
    }

    /// The bytes of one key.
    private func response(_ released: ReleasedKey, origin: String?, requestID: String) -> FastResponse {
        let bytes = released.key.withUnsafeBytes { ByteBuffer(bytes: $0) }
        var response: FastResponse
        if sharing.isForAll || origin == nil, let known = keyAnswer.with(body: bytes) {
            response = known
        } else {
            response = Self.answer(bytes)
            response.headers += sharing.headers(origin: origin)
        }
        response.requestID = requestID
        return response
    }

    private static func answer(_ bytes: ByteBuffer) -> FastResponse {
        FastResponse(
            status: .ok, headers: [("content-type", "application/octet-stream"), ("cache-control", "no-store")],
            body: bytes)
    }

    private static func licence(_ keys: [ReleasedKey]) -> FastResponse {
        FastResponse(
            status: .ok, headers: [("content-type", "application/json"), ("cache-control", "no-store")],
            body: ClearKeyLicence(keys: keys).json)
    }
}

extension Duration {
    /// Rounded up.
    var wholeSeconds: Int {
        Int(clamping: components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
