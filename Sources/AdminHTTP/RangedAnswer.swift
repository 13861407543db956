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
        guard isSame, let text = request.headers[.range], let wanted = Self.range(text, of: size) else { return }
        guard let part = wanted.value else {
            throw Problem(
                HTTPResponse.Status(code: 416, reasonPhrase: "Range Not Satisfiable"), code: "range",
                detail: "The file has \(size) bytes.", headers: [.contentRange: "bytes */\(size)"])
        }
        range = part
        status = .partialContent
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    /// To `HEAD`.
    var withoutBody: Response {
        var headers = headers
        headers[.contentLength] = "\(range.count)"
        return Response(status: status, headers: headers)
    }

    /// A range that was asked for; without a value when there is nothing of it.
    private struct Wanted {
        var value: Range<UInt64>?
    }

    /// RFC 9110, 14.1.2, of one range; nil for anything else, which asks for all.
    private static func range(_ text: String, of size: UInt64) -> Wanted? {
        guard text.hasPrefix("bytes="), !text.contains(",") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let count = UInt64(ends[1]) else { return nil }
            return Wanted(value: count > 0 && size > 0 ? size - min(count, size)..<size : nil)
        }
        guard let start = UInt64(ends[0]) else { return nil }
        var end = size
        if !ends[1].isEmpty {
            guard let last = UInt64(ends[1]), last >= start else { return nil }
            end = min(size, last == .max ? size : last + 1)
        }
        return Wanted(value: start < size ? start..<end : nil)
    }
}
