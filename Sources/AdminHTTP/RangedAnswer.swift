import HTTPSurface
import HTTPTypes
import Hummingbird

/// What of a file is sent, and how the answer says so: all of it, or one range (RFC 9110, 14).
struct RangedAnswer {
    var status = HTTPResponse.Status.ok
    var headers: HTTPFields = [
        .contentType: "application/octet-stream", .cacheControl: "no-store", .acceptRanges: "bytes",
    ]
    var range: Range<UInt64>

    /// - Parameters:
    ///   - size: in bytes.
    ///   - entityTag: with its quotes; nil while nobody knows it.
    /// - Throws: `Problem` for a range of which there is nothing.
    init(_ request: Request, size: UInt64, entityTag: String?) throws {
        headers[.eTag] = entityTag
        range = 0..<size
        // RFC 9110, 13.1.5: of another content than the one that was begun all is sent.
        let isSame = request.headers[.ifRange].map { $0 == entityTag } ?? true
        guard isSame, let field = request.headers[.range] else { return }
        switch ByteRangeField(field, size: size) {
        case .whole: return
        case .part(let part): range = part
        case .notSatisfiable:
            throw Problem(
                HTTPResponse.Status(code: 416, reasonPhrase: "Range Not Satisfiable"), code: "range",
                detail: "The file has \(size) bytes.", headers: [.contentRange: "bytes */\(size)"])
        }
        status = .partialContent
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    /// To `HEAD`.
    var withoutBody: Response {
        var headers = headers
        headers[.contentLength] = "\(range.count)"
        return Response(status: status, headers: headers)
    }
}
