import HTTPSurface
import HTTPTypes
import Origin

/// The one table from the origin's errors to answers (AZURE Media Services' statuses where a code is the reference's).
extension Problem {
    init(_ error: OriginError) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .badURLSyntax, .encryptionNotSpecified: .badRequest
            case .encryptionNotInPolicy, .outputFormatBlocked: .forbidden
            case .formatNotServed, .formatCannotCarry, .filtersIncompatible: .unsupportedMediaType
            case .resourceNotFound, .trackNotFound, .timestampNotFound, .filterNotFound, .locatorClosed: .notFound
            case .takenDown: .gone
            case .storageFault, .keysUnavailable: .serviceUnavailable
            }
        let detail = error.code == .storageFault ? "The media cannot be read now." : error.detail
        self.init(status, code: error.code.rawValue, detail: detail, choices: error.choices)
        if let seconds = error.retryAfter { headers[.retryAfter] = String(max(seconds, 1)) }
    }
}
