import KeyWrapping
import OutboundHTTP

/// Asks the server: POST only, an answer of at most 64 KiB. Connections are not kept, since there are a few questions in a
/// process's life.
struct TransitClient: Sendable {
    static let maximumAnswer = 64 << 10

    let configuration: TransitConfiguration
    let token: TransitToken
    /// For one question with its answer.
    let timeout: Duration

    /// What a question is for, in words for its errors.
    struct Question: Sendable {
        var path: String
        var body: String
        var purpose: String
    }

    /// The body of a 200 answer, which the caller zeroes.
    ///
    /// - Throws: `KEKError` that says what the server refused or why it could not be asked, and what to do.
    func ask(_ question: Question) async throws -> [UInt8] {
        let token = try token.read()
        let answer: OutboundAnswer
        do {
            answer = try await OutboundClient.askOnce(
                request(question, token), authorities: try authorities(), limit: Self.maximumAnswer, timeout: timeout)
        } catch let error as OutboundError {
            throw KEKError(
                "cannot \(question.purpose): '\(configuration.address)' \(error.reason)\(Self.advice(error.code))")
        }
        guard answer.status == 200 else {
            throw KEKError(
                "cannot \(question.purpose): '\(configuration.address)' answered \(answer.status), "
                    + meaning(of: answer.status))
        }
        return answer.body
    }

    private func request(_ question: Question, _ token: String) -> OutboundRequest {
        let namespace = configuration.namespace.map { [(name: "x-vault-namespace", value: $0)] } ?? []
        return OutboundRequest(
            .post, "\(configuration.address)/v1/\(question.path)",
            headers: [
                ("content-type", "application/json"), ("x-vault-token", token), ("x-vault-request", "true"),
            ] + namespace,
            body: Array(question.body.utf8))
    }

    /// Read for each question, as the token is.
    private func authorities() throws -> Authorities? {
        do {
            return try configuration.caFile.map { file throws(AuthoritiesError) in try Authorities(file: file) }
        } catch {
            throw KEKError("kek.transit.caFile \(error)")
        }
    }

    /// One table from a status to what to do. The answer's own words are not trusted with a terminal.
    private func meaning(of status: UInt) -> String {
        let key = "'\(configuration.mount)/…/\(configuration.key)'"
        return switch status {
        case 300...399: "a redirect, which is not followed; set kek.transit.address to the server itself"
        case 400:
            "a refusal of what was asked: the ciphertext is not of the transit key \(key), or a version of it "
                + "that was destroyed or disabled"
        case 403:
            "forbidden: the token in '\(configuration.tokenFile)' is expired, revoked, or its policy does not "
                + "allow this on \(key)"
        case 404: "not found: there is no transit engine or key for \(key), or not in this namespace"
        case 429, 472, 473, 503: "not able to serve: it is sealed, a standby, or under maintenance"
        default: "which was not expected; look into its log"
        }
    }

    private static func advice(_ code: OutboundError.Code) -> String {
        switch code {
        case .timedOut: "; is it up?"
        case .untrusted: "; see kek.transit.caFile"
        case .tooLong: "; is it the server?"
        case .cancelled, .unreachable, .unprotected: ""
        }
    }
}
