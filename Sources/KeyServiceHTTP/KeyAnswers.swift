import ContentKeys
import Foundation
import HTTPSurface
import HTTPTypes
import KeyDelivery
import Logging
import NIOCore
import Policies

/// The fast path's answers to requests for keys.
///
/// An object: every request that waits for its decision holds on to it.
final class KeyAnswers: Sendable {
    private let sharing: CrossOriginPolicy
    private let logger: Logger
    /// The answer with a key to an origin that is answered as all are; only the key is missing in it.
    private let keyAnswer: FastResponse

    init(sharing: CrossOriginPolicy, logger: Logger) {
        self.sharing = sharing
        self.logger = logger
        let length = ContentKeyType.envelope.keyLength
        var answer = Self.answer(ByteBuffer(repeating: 0, count: length))
        answer.headers += sharing.headers(origin: nil)
        keyAnswer = answer.written
    }

    func answer(
        to delivery: KeyDeliveryType, _ result: Result<KeyDeliveryOutcome, any Error>, origin: String?,
        requestID: String
    ) -> FastResponse {
        if case .success(.released(let released)) = result, delivery == .aes, let key = released.first {
            return answer(key, origin: origin, requestID: requestID)
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
    private func answer(_ released: ReleasedKey, origin: String?, requestID: String) -> FastResponse {
        var response = released.key.withUnsafeBytes { key in
            if sharing.isForAll || origin == nil, let known = keyAnswer.with(body: key) { return known }
            var response = Self.answer(ByteBuffer(bytes: key))
            response.headers += sharing.headers(origin: origin)
            return response
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
