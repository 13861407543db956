import ContentKeys
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
public import KeyDelivery
public import Logging
import NIOCore
import Policies

/// The routes of the key service. Nothing is decided here: a request becomes a `KeyRequest`, an outcome an answer.
public struct KeyServiceRoutes: Sendable {
    /// Longest licence request body, in bytes.
    static let maximumBody = 64 << 10

    private let service: KeyDeliveryService
    private let licences: LicenceRoutes

    /// - Parameter certificate: FairPlay's application certificate in DER; nil when there is none.
    public init(service: KeyDeliveryService, licences: LicenceService, certificate: [UInt8]? = nil) {
        self.service = service
        self.licences = LicenceRoutes(service: licences, certificate: certificate)
    }

    /// What answers the hot route before the router.
    public func fastResponder(sharing: CrossOriginPolicy, logger: Logger) -> any FastResponder {
        KeyFastPath(service: service, sharing: sharing, logger: logger)
    }

    /// Adds `/?kid=UUID`, `/HlsHandler.ashx?kid=UUID`, `/Widevine/`, `/PlayReady/` and `/FairPlay/`, as the addresses of
    /// Azure Media Services' key delivery were: for a listener that serves nothing else there.
    public func addBare(to router: Router<ServiceRequestContext>) {
        for path in ["/", "HlsHandler.ashx"] as [RouterPath] {
            for method in [HTTPRequest.Method.get, .post] {
                router.on(path, method: method) { try await aes($0, kid: nil, $1) }
            }
        }
        licences.addBare(to: router)
    }

    /// Adds the routes under `/keys`.
    public func add(to router: Router<ServiceRequestContext>) {
        let keys = router.group("keys")
        for method in [HTTPRequest.Method.get, .post] {
            keys.on("aes", method: method) { try await aes($0, kid: nil, $1) }
            keys.on("aes/:kid", method: method) { try await aes($0, kid: $1.parameters.get("kid"), $1) }
        }
        keys.post("clearkey") { try await clearKey($0, $1) }
        licences.add(to: keys)
        for method in Problem.otherMethods where ![.get, .post].contains(method) {
            for path in ["aes", "aes/:kid"] as [RouterPath] {
                keys.on(path, method: method) { _, _ -> Response in throw Problem.methodNotAllowed("GET, POST") }
            }
        }
        for method in Problem.otherMethods where method != .post {
            for path in ["clearkey", "widevine", "playready", "fairplay"] as [RouterPath] {
                keys.on(path, method: method) { _, _ -> Response in throw Problem.methodNotAllowed("POST") }
            }
        }
    }

    /// `GET|POST /keys/aes?kid=UUID`: the 16 bytes of one key.
    private func aes(_ request: Request, kid: String?, _ context: ServiceRequestContext) async throws -> Response {
        // It says nothing, and is no reason to read for ever.
        _ = try await request.licenceRequestBody()
        let target = RequestTarget(query: request.uri.query)
        guard let text = kid ?? target.value(of: "kid"), target.values(of: "kid").count == (kid == nil ? 1 : 0) else {
            throw Problem(.badRequest, code: "kidMissing", detail: "The query must name the key, once: kid=UUID.")
        }
        guard let keyID = KeyID(text) else {
            throw Problem(.badRequest, code: "kidMalformed", detail: "kid is not a UUID.")
        }
        let keys = try await released(
            KeyRequest(
                keyIDs: [keyID], delivery: .aes, credential: try request.credential(), ticket: request.ticket,
                clientAddress: try context.requiredClientAddress()), context)
        guard let released = keys.first else { throw Problem.unavailable }
        let body = released.key.withUnsafeBytes { ByteBuffer(bytes: $0) }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: .init(byteBuffer: body))
    }

    /// `POST /keys/clearkey`: a licence of W3C Encrypted Media Extensions, 9.1.
    private func clearKey(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let licenceRequest = try ClearKeyLicenceRequest(parsing: try await request.licenceRequestBody())
        let keys = try await released(
            KeyRequest(
                keyIDs: licenceRequest.keyIDs, delivery: .clearkey, credential: try request.credential(),
                clientAddress: try context.requiredClientAddress()), context)
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ClearKeyLicence(keys: keys).json))
    }

    private func released(_ request: KeyRequest, _ context: ServiceRequestContext) async throws -> [ReleasedKey] {
        switch try await service.deliver(request, requestID: context.requestID) {
        case .released(let keys): return keys
        case .denied(let reason): throw Problem(denial: reason)
        case .limited(let wait): throw Problem.limited(seconds: wait.wholeSeconds)
        case .unavailable: throw Problem.unavailable
        }
    }
}
