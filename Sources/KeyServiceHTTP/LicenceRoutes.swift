import ContentKeys
import HTTPSurface
import HTTPTypes
import Hummingbird
import KeyDelivery
import NIOCore
import Policies
import ProtectionSystems

/// `POST /keys/widevine|playready|fairplay`: the licences of protection systems that have their own. A body becomes a
/// `LicenceRequest`, an outcome an answer.
struct LicenceRoutes: Sendable {
    /// Most KIDs that a URL or a challenge may name.
    static let maximumKeyIDs = 64

    let service: LicenceService
    /// FairPlay's application certificate in DER.
    let certificate: [UInt8]?

    func add(to keys: RouterGroup<ServiceRequestContext>) {
        for system in [KeyDeliveryType.widevine, .playready, .fairplay] {
            keys.post(RouterPath(system.rawValue)) { try await licence(of: system, $0, $1) }
        }
        keys.get("fairplay/certificate") { _, _ in try certificateResponse() }
    }

    /// `/Widevine/`, `/PlayReady/` and `/FairPlay/`, as Azure Media Services' licence addresses were.
    func addBare(to router: Router<ServiceRequestContext>) {
        for (path, system) in [("Widevine", .widevine), ("PlayReady", .playready), ("FairPlay", .fairplay)]
            as [(String, KeyDeliveryType)]
        {
            router.post(RouterPath(path)) { try await licence(of: system, $0, $1) }
        }
    }

    private func licence(
        of system: KeyDeliveryType, _ request: Request, _ context: ServiceRequestContext
    ) async throws -> Response {
        let body = try await request.licenceRequestBody()
        let challenge = try Self.challenge(body, of: system, request)
        let named = try Self.named(in: body, of: system)
        let licenceRequest = LicenceRequest(
            challenge, delivery: system, keyIDs: try Self.keyIDs(in: RequestTarget(query: request.uri.query)),
            challengeKeyIDs: named.keyIDs, credential: try request.credential(elseIn: named.token),
            clientAddress: try context.requiredClientAddress())
        guard !(licenceRequest.keyIDs + licenceRequest.challengeKeyIDs).isEmpty else {
            throw Problem(
                .badRequest, code: "kidMissing",
                detail: "The challenge names no key, so the query must: kid=UUID, repeated or with commas.")
        }
        switch try await service.licence(for: licenceRequest, requestID: context.requestID) {
        case .made(let licence): return Self.response(licence, of: system)
        case .denied(let reason): throw Problem(denial: reason)
        case .limited(let wait): throw Problem.limited(seconds: wait.wholeSeconds)
        case .failed(let error): throw Problem(licence: error)
        case .notConfigured: throw Problem.noLicenceServer(system)
        }
    }

    private static func challenge(
        _ body: [UInt8], of system: KeyDeliveryType, _ request: Request
    ) throws(Problem) -> LicenceChallenge {
        guard !body.isEmpty else {
            throw Problem(.badRequest, code: "challengeMalformed", detail: "The body must be the player's challenge.")
        }
        let action = HTTPField.Name("SOAPAction").flatMap { request.headers[$0] }
        return LicenceChallenge(
            bytes: body, contentType: request.headers[.contentType].flatMap(\.passable),
            action: system == .playready ? action.flatMap(\.passable) : nil)
    }

    /// The keys that the URL names.
    static func keyIDs(in target: RequestTarget) throws(Problem) -> [KeyID] {
        var keyIDs: [KeyID] = []
        for text in target.values(of: "kid") {
            guard let keyID = KeyID(text) else {
                throw Problem(.badRequest, code: "kidMalformed", detail: "kid is not a UUID, or a list of them.")
            }
            if !keyIDs.contains(keyID) { keyIDs.append(keyID) }
        }
        return try bounded(keyIDs)
    }

    /// The keys that the challenge names, and the token in it. One that cannot be read could ask for anything, and is
    /// refused; FairPlay's is sealed to the licence server.
    private static func named(
        in body: [UInt8], of system: KeyDeliveryType
    ) throws(Problem) -> (keyIDs: [KeyID], token: String?) {
        let (keyIDs, token): ([KeyID], String?)
        do throws(ProtectionSystemError) {
            switch system {
            case .widevine: (keyIDs, token) = (try WidevineChallenge.keyIDs(in: body), nil)
            case .playready:
                let challenge = try PlayReadyChallenge(parsing: body)
                (keyIDs, token) = (challenge.keyIDs, challenge.token)
            case .fairplay, .aes, .clearkey: (keyIDs, token) = ([], nil)
            }
        } catch {
            throw Problem(
                .badRequest, code: "challengeMalformed", detail: "The body is not a challenge: \(error.description).")
        }
        return (try bounded(keyIDs), token)
    }

    private static func response(_ licence: Licence, of system: KeyDeliveryType) -> Response {
        let usual = system == .playready ? "text/xml; charset=utf-8" : "application/octet-stream"
        return Response(
            status: .ok,
            headers: [
                .contentType: licence.contentType.flatMap(\.passable) ?? usual, .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: licence.bytes)))
    }

    private func certificateResponse() throws(Problem) -> Response {
        guard let certificate else {
            throw Problem(
                .notFound, code: "certificateNotConfigured",
                detail: "No FairPlay certificate is configured: licences.fairplay.certificate.")
        }
        return Response(
            status: .ok, headers: [.contentType: "application/pkix-cert", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: certificate)))
    }
}

extension LicenceRoutes {
    private static func bounded(_ keyIDs: [KeyID]) throws(Problem) -> [KeyID] {
        guard keyIDs.count <= maximumKeyIDs else {
            throw Problem(
                .badRequest, code: "kidMalformed", detail: "A licence is for at most \(maximumKeyIDs) keys.")
        }
        return keyIDs
    }
}

extension String {
    /// The header's value, when it is short and of printable ASCII.
    fileprivate var passable: String? {
        !isEmpty && utf8.count <= 256 && utf8.allSatisfy { (0x20...0x7E).contains($0) } ? self : nil
    }
}
