import Foundation
public import HTTPTypes
public import Hummingbird
import NIOCore

/// A refusal as clients see it: `application/problem+json` (RFC 9457) with a stable `code`.
public struct Problem: Error, Sendable {
    public var status: HTTPResponse.Status
    /// Stable and machine-readable; the reference's `MPE_…` names where one fits.
    public var code: String
    /// For people: the class of what failed, never an expected value.
    public var detail: String
    /// The values that would have been accepted, when the request was ambiguous.
    public var choices: [String]
    /// Every field of the request that is wrong.
    public var errors: [FieldError]
    /// Further headers of the answer.
    public var headers: HTTPFields

    /// One field that is wrong.
    public struct FieldError: Sendable, Hashable, Codable {
        /// A JSON pointer into the body, the name of a parameter, or a place in a document.
        public var field: String
        public var detail: String

        public init(field: String, detail: String) {
            self.field = field
            self.detail = detail
        }
    }

    public init(
        _ status: HTTPResponse.Status, code: String, detail: String, choices: [String] = [],
        errors: [FieldError] = [], headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.choices = choices
        self.errors = errors
        self.headers = headers
    }

    /// The resource is there, and knows other methods (RFC 9110, 15.5.6).
    public static func methodNotAllowed(_ allowed: String) -> Problem {
        Problem(
            .methodNotAllowed, code: "methodNotAllowed", detail: "This is asked for by \(allowed).",
            headers: [.allow: allowed])
    }

    /// The methods that a resource may be asked for by mistake.
    public static let otherMethods: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .patch]

    /// The answer, not to be stored by any cache.
    public func response(requestID: String) -> Response {
        var fields = headers
        fields[.contentType] = Self.contentType
        fields[.cacheControl] = "no-store"
        return Response(status: status, headers: fields, body: .init(byteBuffer: document(requestID: requestID)))
    }

    /// The same answer from the fast path.
    public func fastResponse(requestID: String) -> FastResponse {
        FastResponse(
            status: status,
            headers: headers.map { ($0.name.rawName, $0.value) } + [
                ("content-type", Self.contentType), ("cache-control", "no-store"),
            ],
            body: document(requestID: requestID), requestID: requestID)
    }

    private static let contentType = "application/problem+json"

    private func document(requestID: String) -> ByteBuffer {
        ProblemTemplates.document(of: self, requestID: requestID) ?? ByteBuffer(bytes: encoded(requestID: requestID))
    }

    /// The document, written anew.
    func encoded(requestID: String) -> Data {
        struct Document: Encodable {
            var title: String
            var status: Int
            var code: String
            var detail: String
            var choices: [String]?
            var errors: [FieldError]?
            var requestId: String
        }
        let document = Document(
            title: status.reasonPhrase, status: status.code, code: code, detail: detail,
            choices: choices.isEmpty ? nil : choices, errors: errors.isEmpty ? nil : errors, requestId: requestID)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(document)) ?? Data("{}".utf8)
    }
}
