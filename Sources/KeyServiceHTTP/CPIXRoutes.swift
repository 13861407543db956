import ContentKeys
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
public import KeyExchange
import Markup
import NIOCore
import Policies

/// The routes by which encryptors ask for keys: `POST /cpix/speke/v2` as SPEKE 2.0 has it, and `POST /cpix/keys` for a plain
/// CPIX request document. Nothing is decided here.
public struct CPIXRoutes: Sendable {
    /// Longest request document, in bytes.
    static let maximumBody = 1 << 20
    private static var limits: MarkupLimits {
        var limits = MarkupLimits()
        (limits.bytes, limits.elements) = (maximumBody, 10_000)
        return limits
    }

    private let service: EncryptorService
    private let authentication: EncryptorAuthentication
    private let agent: String
    private let isEncrypted: Bool

    /// - Parameters:
    ///   - agent: how this server names itself (`X-Speke-User-Agent`).
    ///   - isEncrypted: whether the listener speaks TLS. Where it does not, keys in the clear are given to clients on this
    ///     machine and through trusted proxies only.
    public init(service: EncryptorService, authentication: EncryptorAuthentication, agent: String, isEncrypted: Bool) {
        self.service = service
        self.authentication = authentication
        self.agent = agent
        self.isEncrypted = isEncrypted
    }

    /// Adds the routes under `/cpix`.
    public func add(to router: Router<ServiceRequestContext>) {
        let group = router.group("cpix")
        group.post("keys") { try await exchange($0, $1, isSPEKE: false) }
        group.post("speke/v2") { try await exchange($0, $1, isSPEKE: true) }
    }

    private func exchange(
        _ request: Request, _ context: ServiceRequestContext, isSPEKE: Bool
    ) async throws -> Response {
        let address = try context.requiredClientAddress()
        let encryptor = try await identify(request, address, context)
        let version = request.headers[.spekeVersion]
        if isSPEKE { try requireVersion(version) }
        let document = try await document(of: request)
        let answer: CPIX
        do {
            if isSPEKE { try SPEKE.check(document, version: version ?? "") }
            answer = try await service.exchange(
                document,
                EncryptorCall(
                    encryptor: encryptor, clientAddress: address, requestID: context.requestID,
                    isConnectionProtected: isProtected(request, context)))
        } catch let refusal as EncryptorRefusal {
            throw Problem(refusal: refusal)
        } catch let error as CPIXError {
            throw Problem(.unprocessableContent, code: "cpixInvalid", detail: error.description)
        }
        var headers: HTTPFields = [.contentType: "application/xml", .cacheControl: "no-store"]
        if isSPEKE {
            headers[.spekeVersion] = version
            headers[.spekeUserAgent] = agent
        }
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: answer.xml)))
    }

    /// Whether nobody on the way can read the answer. A proxy that is trusted is also trusted to speak TLS with its clients;
    /// that there is one says nothing of a request that comes past it.
    private func isProtected(_ request: Request, _ context: ServiceRequestContext) -> Bool {
        isEncrypted || context.isFromTrustedProxy || request.isForThisMachine(context)
    }

    private func identify(
        _ request: Request, _ address: IPAddress, _ context: ServiceRequestContext
    ) async throws -> Encryptor {
        // Only the header: a token in a URL would stand in logs.
        let token = request.headers[.authorization].flatMap(BearerToken.token)
        do {
            return try await authentication.identify(
                token: token, certificate: context.clientCertificate, address: address, requestID: context.requestID)
        } catch let refusal as EncryptorAuthentication.Refusal {
            throw Problem(refusal: refusal)
        }
    }

    private func requireVersion(_ version: String?) throws {
        guard let version, SPEKE.documentVersion(of: version) != nil else {
            throw Problem(
                .unprocessableContent, code: "spekeVersion",
                detail: version == nil
                    ? "The header X-Speke-Version is missing." : "This version of SPEKE is not supported.",
                choices: ["2.0", "2.1"])
        }
    }

    private func document(of request: Request) async throws -> CPIX {
        if let type = request.headers[.contentType]?.lowercased(), !type.contains("xml") {
            throw Problem(
                .unsupportedMediaType, code: "notXML", detail: "A CPIX document is sent as application/xml.")
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, code: "bodyTooLarge", detail: "The body is longer than 1 MiB.")
        }
        do {
            return try body.withUnsafeReadableBytes { try CPIX.read($0, limits: Self.limits) }.document
        } catch let error as CPIXError {
            throw Problem(.badRequest, code: "cpixMalformed", detail: error.description)
        }
    }
}

extension HTTPField.Name {
    fileprivate static var spekeVersion: HTTPField.Name? { HTTPField.Name("X-Speke-Version") }
    fileprivate static var spekeUserAgent: HTTPField.Name? { HTTPField.Name("X-Speke-User-Agent") }
}

extension HTTPFields {
    fileprivate subscript(name: HTTPField.Name?) -> String? {
        get { name.flatMap { self[$0] } }
        set { if let name { self[name] = newValue } }
    }
}

/// The one table from refusals of encryptors to answers.
extension Problem {
    fileprivate init(refusal: EncryptorRefusal) {
        switch refusal {
        case .invalid(let reason): self.init(.unprocessableContent, code: "requestInvalid", detail: reason)
        case .systemsUnknown(let systems):
            self.init(
                .unprocessableContent, code: "systemNotSupported",
                detail: "Protection systems that this service has no data for: \(systems.joined(separator: ", ")). "
                    + "Leave them out of the request.")
        case .denied(let keyID, let denial):
            let detail =
                switch denial {
                case .keyUnknown: "There is no key \(keyID), and this encryptor may not make keys."
                case .notCovered: "Key \(keyID) is not for this encryptor."
                case .keyDisabled: "Key \(keyID) is disabled."
                case .keyExpired: "Key \(keyID) was valid until a time that is over: ask for another key."
                case .keyNotDeliverable: "Key \(keyID) never leaves."
                case .schemeMismatch: "Key \(keyID) is for another encryption scheme than the one in the request."
                case .usedByOrigin:
                    "Key \(keyID) is in use by the origin here, in counter mode: it cannot be used by two encryptors."
                case .connectionNotProtected:
                    "Keys in the clear are given over TLS only. Use https, or ask for encrypted keys with a "
                        + "DeliveryDataList."
                }
            self.init(.forbidden, code: denial.rawValue, detail: detail)
        }
    }

    fileprivate init(refusal: EncryptorAuthentication.Refusal) {
        switch refusal {
        case .tokenMissing:
            self.init(
                .unauthorized, code: "tokenMissing", detail: "An encryptor's token is needed: Authorization: Bearer.",
                headers: [.wwwAuthenticate: "Bearer realm=\"keyway\""])
        case .tokenInvalid:
            self.init(
                .unauthorized, code: "tokenInvalid", detail: "The encryptor's token is not valid.",
                headers: [.wwwAuthenticate: "Bearer realm=\"keyway\", error=\"invalid_token\""])
        case .limited(let wait): self = .limited(seconds: wait)
        }
    }
}
