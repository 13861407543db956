import AdminContract
public import Administration
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a server's admin API for what operators ask.
public struct RemoteOperator: OperatorInterface {
    private let address: AdminAddress
    private let token: String

    /// In bytes.
    private static let maximumAnswer = 64 << 20
    /// Checking a long audit log takes its time.
    private static let deadline = TimeAmount.minutes(10)

    /// - Throws: `OperatorError` for a token that cannot be one.
    public init(address: AdminAddress, token: String) throws {
        guard (1...4096).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OperatorError(
                .invalid, "KEYWAY_TOKEN must hold an admin token; 'keyway admin token create' makes one on the server")
        }
        self.address = address
        self.token = token
    }

    public func perform<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report {
        let route = try AdminRoutes.route(of: Verb.self)
        let request = try httpRequest(route, try route.request(for: verb))
        let (status, body) = try await execute(request)
        guard (200..<300).contains(status) else { throw Self.error(status, body) }
        do {
            return try AdminJSON.decoder.decode(Verb.Report.self, from: body)
        } catch {
            throw OperatorError(.failed, "\(address) answered with something that this version does not understand")
        }
    }

    public func begin<Verb: LongVerb>(_ verb: Verb) async throws -> OperationReport {
        let route = try AdminRoutes.route(of: Verb.self)
        var request = try httpRequest(route, try route.request(for: verb))
        request.headers.add(name: Preference.header, value: Preference.asynchronous)
        let (status, body) = try await execute(request)
        guard (200..<300).contains(status) else { throw Self.error(status, body) }
        guard status == 202, let report = try? AdminJSON.decoder.decode(OperationReport.self, from: body) else {
            throw OperatorError(
                .failed,
                "\(address) answered with no operation, but began or did what was asked: it is of another version")
        }
        return report
    }

    private func httpRequest(_ route: AdminRoute, _ parts: AdminRequest) throws -> HTTPClientRequest {
        var path = route.path
        for (name, value) in parts.path { path = path.replacing("{\(name)}", with: Self.encoded(value)) }
        if !parts.query.isEmpty {
            path += "?" + parts.query.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        }
        var request = HTTPClientRequest(url: address.description + path)
        request.method = .RAW(value: route.method.rawValue)
        for (name, value) in parts.headers { request.headers.add(name: name, value: value) }
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Accept", value: "application/json, application/problem+json")
        if route.takesBody {
            let isDocument = !route.fields(in: .document).isEmpty
            request.headers.add(name: "Content-Type", value: isDocument ? "application/yaml" : "application/json")
            request.body = .bytes(ByteBuffer(bytes: parts.body))
        }
        return request
    }

    /// RFC 3986, 2.3: all but unreserved characters are encoded.
    static func encoded(_ text: String) -> String {
        var allowed = CharacterSet(charactersIn: "-._~0123456789")
        allowed.insert(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }

    private func execute(_ request: HTTPClientRequest) async throws -> (status: Int, body: Data) {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: address.connection)
        do {
            let response = try await client.execute(request, deadline: .now() + Self.deadline)
            let body = try await response.body.collect(upTo: Self.maximumAnswer)
            try await client.shutdown()
            return (Int(response.status.code), Data(body.readableBytesView))
        } catch is NIOTooManyBytesError {
            try? await client.shutdown()
            throw OperatorError(
                .tooLarge,
                "what \(address) answers is more than \(Self.maximumAnswer >> 20) MiB: ask for less at once, as with --limit, or "
                    + "for a package with one --format at a time")
        } catch {
            try? await client.shutdown()
            let advice = TLSFailure.reason(error) == nil ? "; is 'keyway serve' running there?" : ""
            throw OperatorError(.unavailable, "cannot reach \(address): \(Self.reason(error))\(advice)")
        }
    }

    static func reason(_ error: any Error) -> String {
        if let reason = TLSFailure.reason(error) { return reason }
        if let error = error as? HTTPClientError { return error.shortDescription }
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        if let error = error as? NIOConnectionError, let first = error.connectionErrors.first?.error {
            return reason(first)
        }
        return String(String(describing: error).prefix(200))
    }

    /// The error of a problem document (RFC 9457); of anything else, what the status means.
    static func error(_ status: Int, _ body: Data) -> OperatorError {
        struct Document: Decodable {
            var code: String
            var detail: String
            var errors: [OperatorError.FieldProblem]?
        }
        let document = try? AdminJSON.decoder.decode(Document.self, from: body)
        let code = document.flatMap { OperatorError.Code(rawValue: $0.code) } ?? code(of: status)
        return OperatorError(
            code, document?.detail ?? "the server answered \(status)", fields: document?.errors ?? [])
    }

    private static func code(of status: Int) -> OperatorError.Code {
        switch status {
        case 401: .unauthenticated
        case 403: .notPermitted
        case 404: .missing
        case 409: .conflict
        case 412: .changed
        case 413: .tooLarge
        case 423: .inUse
        case 429: .limited
        case 400..<500: .malformed
        case 502, 503, 504: .unavailable
        default: .failed
        }
    }
}
