import ContentKeys
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
public import KeyDelivery
import NIOCore
import OriginExchange
import Policies

/// The routes by which origins that hold no key-encryption key ask for keys and tickets. For a listener of their own, whose
/// TLS asks for certificates. Nothing is decided here.
public struct OriginKeyRoutes: Sendable {
    private let service: OriginKeyService
    private let tickets: any KeyTicketing
    private let authentication: OriginAuthentication

    public init(service: OriginKeyService, tickets: KeyDeliveryService, authentication: OriginAuthentication) {
        self.service = service
        self.tickets = tickets
        self.authentication = authentication
    }

    /// Adds the routes under `/origin`.
    public func add(to router: Router<ServiceRequestContext>) {
        let group = router.group("origin")
        group.post("keys") { try await keys($0, $1) }
        group.post("tickets") { try await ticket($0, $1) }
    }

    private func keys(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let call = try await identify(context)
        let asked = try await request.message(OriginKeysRequest.self, upTo: OriginKeysRequest.maximumSize)
        let questions = asked.keys.compactMap { key in
            key.request.map { OriginKeyQuestion($0, isHeld: key.held) }
        }
        guard asked.keys.count <= OriginKeysRequest.mostKeys, questions.count == asked.keys.count,
            var sealer = try? KeySealer(recipient: asked.recipient)
        else { throw Problem.malformed }
        let outcomes: [OriginKeyOutcome]
        do {
            outcomes = try await service.answer(questions, to: call)
        } catch let limited as OriginKeysLimited {
            throw Problem.limited(seconds: Int(limited.wait.components.seconds) + 1)
        }
        var answer = OriginKeysAnswer(encapsulated: sealer.encapsulated, keys: [])
        for (question, outcome) in zip(questions, outcomes) {
            switch outcome {
            case .released(let key):
                answer.keys.append(.init(.released, sealed: try sealer.seal(key, question.request.keyID)))
            case .confirmed: answer.keys.append(.init(.confirmed))
            case .denied(let denial): answer.keys.append(.init(.denied, reason: denial.rawValue))
            }
        }
        return try Self.response(answer)
    }

    private func ticket(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        _ = try await identify(context)
        let asked = try await request.message(OriginTicketRequest.self, upTo: OriginTicketRequest.maximumSize)
        guard let keyIDs = asked.keyIDs, let locator = LocatorID(asked.locator),
            let address = IPAddress(asked.clientAddress), asked.requestID.isRequestName,
            max(asked.credential?.utf8.count ?? 0, asked.ticket?.utf8.count ?? 0) <= Self.longestCredential
        else { throw Problem.malformed }
        let viewer = Viewer(
            credential: asked.credential, ticket: asked.ticket, clientAddress: address, requestID: asked.requestID)
        let outcome = try await tickets.ticket(
            for: keyIDs, of: String(asked.asset.prefix(128)),
            at: KeyTicket.Place(locator: locator, deliveryPolicy: asked.deliveryPolicy), to: viewer,
            isBound: asked.isBound)
        return try Self.response(OriginTicketAnswer(outcome))
    }

    /// In bytes.
    private static let longestCredential = 16 << 10

    private func identify(_ context: ServiceRequestContext) async throws -> OriginCall {
        let address = try context.requiredClientAddress()
        do {
            let origin = try await authentication.identify(
                certificate: context.clientCertificate, address: address, requestID: context.requestID)
            return OriginCall(origin: origin, clientAddress: address, requestID: context.requestID)
        } catch let refusal as OriginAuthentication.Refusal {
            throw Problem(refusal: refusal)
        }
    }

    private static func response(_ answer: some Encodable) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(answer))))
    }
}

extension Request {
    fileprivate func message<Message: Decodable>(_ type: Message.Type, upTo limit: Int) async throws -> Message {
        let body: ByteBuffer
        do {
            body = try await self.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, code: "bodyTooLarge", detail: "The body is longer than \(limit >> 10) KiB.")
        }
        guard let message = try? JSONDecoder().decode(type, from: Data(body.readableBytesView)) else {
            throw Problem.malformed
        }
        return message
    }
}

extension String {
    /// Whether it can be a name of a request, which is written into the audit log.
    fileprivate var isRequestName: Bool {
        (1...64).contains(utf8.count)
            && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }
}

/// The one table from refusals of origins to answers.
extension Problem {
    fileprivate static let malformed = Problem(
        .badRequest, code: "requestMalformed", detail: "The body is no request of an origin of this version.")

    fileprivate init(refusal: OriginAuthentication.Refusal) {
        switch refusal {
        case .certificateMissing:
            self.init(
                .forbidden, code: "certificateMissing",
                detail: "An origin shows its certificate in TLS, and this connection has none.")
        case .notEnrolled:
            self.init(
                .forbidden, code: "originNotEnrolled", detail: "No origin with this certificate may have keys.")
        case .limited(let wait): self = .limited(seconds: wait)
        }
    }
}
