import Administration
import Catalog
import HTTPSurface
import HTTPTypes

/// The one table from operators' errors to answers.
extension Problem {
    init(_ error: OperatorError) {
        var headers = HTTPFields()
        // RFC 6750, 3.
        if error.code == .unauthenticated { headers[.wwwAuthenticate] = "Bearer realm=\"keyway admin\"" }
        if let role = error.lackedRole {
            headers[.wwwAuthenticate] =
                "Bearer realm=\"keyway admin\", error=\"insufficient_scope\", scope=\"\(role.rawValue)\""
        }
        if let wait = error.retryAfter ?? (error.code == .unavailable ? 1 : nil) { headers[.retryAfter] = String(wait) }
        self.init(
            Self.status(of: error.code), code: error.code.rawValue, detail: error.message,
            errors: error.fields.map { FieldError(field: $0.field, detail: $0.detail) }, headers: headers)
    }

    private static func status(of code: OperatorError.Code) -> HTTPResponse.Status {
        switch code {
        case .malformed: .badRequest
        case .invalid: .unprocessableContent
        case .missing: .notFound
        case .exists, .inUse, .conflict: .conflict
        case .changed: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .unauthenticated: .unauthorized
        case .notPermitted: .forbidden
        case .limited: .tooManyRequests
        case .unavailable, .storageFailed, .corrupt, .failed: .serviceUnavailable
        }
    }
}
