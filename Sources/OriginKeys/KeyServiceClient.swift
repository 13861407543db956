import ContentKeys
import Foundation
import OriginExchange
import OutboundHTTP
import Policies

/// Where the key service listens for origins.
public struct KeyServiceAddress: Sendable, Hashable {
    /// `https://HOST:PORT`, without a slash at its end.
    public let url: String

    /// Nil for what is not `https://HOST` or `https://HOST:PORT`: keys never travel in the clear.
    public init?(_ text: String) {
        guard let url = URL(string: text), url.scheme == "https", let host = url.host(), !host.isEmpty,
            url.user() == nil, url.query() == nil, url.fragment() == nil, url.path().isEmpty || url.path() == "/"
        else { return nil }
        self.url = text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// Why the key service gave no answer.
enum KeyServiceFailure: Error, Sendable, Hashable {
    /// It cannot be reached, or says that it cannot answer now.
    case away(String)
    /// Its certificate is not trusted, or it does not take ours.
    case untrusted(String)
    /// It knows our certificate, and gives us nothing.
    case notEnrolled
    /// It answered with something that is no answer.
    case unreadable(String)
}

/// Asks the key service, each question once.
protocol KeyServiceAsking: Sendable {
    /// The answers in the order of the questions.
    ///
    /// - Parameter types: of the keys, for what is released.
    func keys(
        _ questions: [(request: OriginKeyRequest, held: Bool)], types: [ContentKeyType]
    ) async throws(KeyServiceFailure) -> [KeyAnswer]

    func ticket(_ message: OriginTicketRequest) async throws(KeyServiceFailure) -> KeyTicketOutcome
}

/// Asks over TLS.
struct KeyServiceClient: KeyServiceAsking {
    let address: KeyServiceAddress
    let client: OutboundClient

    /// How long a question for keys may take: players wait with it.
    static let keysTimeout = Duration.seconds(2)
    /// The same for a ticket, for which the key service may have to read an issuer's keys.
    static let ticketTimeout = Duration.seconds(6)

    func keys(
        _ questions: [(request: OriginKeyRequest, held: Bool)], types: [ContentKeyType]
    ) async throws(KeyServiceFailure) -> [KeyAnswer] {
        let opener = KeyOpener()
        let message = OriginKeysRequest(
            recipient: opener.recipient, keys: questions.map { .init($0.request, held: $0.held) })
        let answer: OriginKeysAnswer = try await ask(
            "/origin/keys", message, OriginKeysAnswer.maximumSize, Self.keysTimeout)
        guard answer.keys.count == questions.count else { throw .unreadable("with another number of keys") }
        var sealed: [(bytes: Data, keyID: KeyID, type: ContentKeyType)] = []
        for (position, key) in answer.keys.enumerated() where key.outcome == .released {
            guard let bytes = key.sealed, !questions[position].held else { throw .unreadable("with no key") }
            sealed.append((bytes, questions[position].request.keyID, types[position]))
        }
        guard let opened = try? opener.open(sealed, encapsulated: answer.encapsulated) else {
            throw .unreadable("with keys that are not sealed to this request")
        }
        var keys = opened.makeIterator()
        return zip(answer.keys, questions).map { entry, question in
            switch entry.outcome {
            case .released: keys.next().map { .released($0) } ?? .denied("unreadable")
            // Only who holds the key asked for no more.
            case .confirmed: question.held ? .confirmed : .denied("unreadable")
            case .denied: .denied(entry.reason.map { String($0.prefix(64)) } ?? "unknown")
            }
        }
    }

    func ticket(_ message: OriginTicketRequest) async throws(KeyServiceFailure) -> KeyTicketOutcome {
        let answer: OriginTicketAnswer = try await ask(
            "/origin/tickets", message, OriginTicketAnswer.maximumSize, Self.ticketTimeout)
        guard let outcome = answer.value else { throw .unreadable("with no ticket") }
        return outcome
    }

    private func ask<Answer: Decodable>(
        _ path: String, _ message: some Encodable, _ limit: Int, _ timeout: Duration
    ) async throws(KeyServiceFailure) -> Answer {
        guard let body = try? JSONEncoder().encode(message) else { throw .unreadable("to nothing") }
        let answer: OutboundAnswer
        do throws(OutboundError) {
            let request = OutboundRequest(
                .post, address.url + path, headers: [("content-type", "application/json")], body: Array(body))
            answer = try await client.ask(request, limit: limit, timeout: timeout)
        } catch {
            throw KeyServiceFailure(error)
        }
        switch answer.status {
        case 200: break
        case 401, 403: throw .notEnrolled
        case 400, 413: throw .unreadable("with status \(answer.status): is it of another version?")
        case 404: throw .unreadable("with status 404: listen.origins of the key service is what keyService.url names")
        default: throw .away("answered with status \(answer.status)")
        }
        guard let value = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else {
            throw .unreadable("with something that is no answer of this version")
        }
        return value
    }
}

/// What the key service says of one key.
enum KeyAnswer: Sendable {
    case released(ContentKey)
    case confirmed
    case denied(String)
}

extension KeyServiceFailure {
    init(_ error: OutboundError) {
        switch error.code {
        case .untrusted: self = .untrusted(error.reason)
        case .timedOut, .cancelled, .unreachable, .tooLong, .unprotected: self = .away(error.reason)
        }
    }
}

extension KeyServiceFailure: CustomStringConvertible {
    var description: String {
        switch self {
        case .away(let reason), .untrusted(let reason): reason
        case .notEnrolled: "gives this origin's certificate nothing"
        case .unreadable(let reason): "answered \(reason)"
        }
    }
}
