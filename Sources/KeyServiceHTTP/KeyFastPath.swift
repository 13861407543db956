import Catalog
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
    private let answers: KeyAnswers

    init(service: KeyDeliveryService, sharing: CrossOriginPolicy, logger: Logger) {
        self.service = service
        answers = KeyAnswers(sharing: sharing, logger: logger)
    }

    func considers(_ request: FastRequest) -> Bool {
        let target = request.target.utf8
        switch request.method {
        case .get: return target.starts(with: "/keys/aes".utf8)
        case .post: return target.starts(with: "/keys/aes".utf8) || target.starts(with: "/keys/clearkey".utf8)
        case .head, .options: return false
        }
    }

    func respond(
        to request: FastRequest, on loop: any EventLoop, answer: @escaping @Sendable (FastResponse) -> Void
    ) -> Bool {
        let target = RequestTarget(of: request)
        guard case .some(let credential) = credential(request, target),
            let keys = keyRequest(request, target, credential)
        else { return false }
        let requestID = RequestID.next()
        let (origin, delivery) = (request.origin, keys.delivery)
        service.deliver(keys, requestID: requestID, at: EventLoopPlace(loop: loop)) { [answers] result in
            answer(answers.answer(to: delivery, result, origin: origin, requestID: requestID))
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
}

/// The requests of one event loop hear of their decisions there.
private struct EventLoopPlace: CompletionPlace {
    let loop: any EventLoop

    var identity: ObjectIdentifier { ObjectIdentifier(loop) }

    func run(_ work: @escaping @Sendable () -> Void) { loop.execute(work) }
}
