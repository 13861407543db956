public import Administration
public import AssetFiles
import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore

/// `/v1/assets/{name}/files/{file}/content`: an original, decrypted, for operators; with one range, so that a download goes on
/// where it was.
public struct DownloadRoutes: Sendable {
    private let uploads: UploadService
    private let authentication: AdminAuthentication

    public init(uploads: UploadService, authentication: AdminAuthentication) {
        self.uploads = uploads
        self.authentication = authentication
    }

    public func add(to router: Router<ServiceRequestContext>) {
        let path = RouterPath("v1/assets/:name/files/:file/content")
        router.get(path) { try await answer($0, $1) }
        router.head(path) { try await answer($0, $1) }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        do {
            let identity = try await authentication.identify(request, context)
            guard identity.role >= .operator else {
                throw OperatorError(
                    .notPermitted, "the role \(identity.role.rawValue) may not do this: it takes operator")
            }
            let original = try await uploads.original(
                asset: context.parameters.get("name") ?? "", name: context.parameters.get("file") ?? "",
                readBy: request.method == .head ? nil : identity.name)
            return try response(original, request)
        } catch {
            guard let meaning = OperatorError(meaning: error) else { throw error }
            throw Problem(meaning)
        }
    }

    private func response(_ original: Original, _ request: Request) throws -> Response {
        let tag = original.record.digest.map { "\"\($0.hexDigits)\"" }
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .cacheControl: "no-store", .acceptRanges: "bytes",
        ]
        headers[.eTag] = tag
        var range = 0..<original.size
        var status = HTTPResponse.Status.ok
        // RFC 9110, 13.1.5: of another content than the one that was begun all is sent.
        let isSame = request.headers[.ifRange].map { $0 == tag } ?? true
        if isSame, let text = request.headers[.range], let wanted = Self.range(text, of: original.size) {
            guard let wanted = wanted.value else {
                throw Problem(
                    HTTPResponse.Status(code: 416, reasonPhrase: "Range Not Satisfiable"), code: "range",
                    detail: "The file has \(original.size) bytes.",
                    headers: [.contentRange: "bytes */\(original.size)"])
            }
            range = wanted
            status = .partialContent
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(original.size)"
        }
        guard request.method != .head else {
            headers[.contentLength] = "\(range.count)"
            return Response(status: status, headers: headers)
        }
        let bytes = original.bytes(range)
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: range.count) { writer in
                for try await piece in bytes { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            })
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
