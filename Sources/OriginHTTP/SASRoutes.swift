public import AssetFiles
import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import Logging
import MediaStorage
import NIOCore
import Origin
import Policies

/// `/sas/{locatorId}/{file}`, where a file's name may have slashes: an asset's originals for who has a signed URL. Whatever is wrong with the URL, the answer is
/// the same 403.
public struct SASRoutes: Sendable {
    private let service: SASService
    private let executor: MediaExecutor

    public init(service: SASService, executor: MediaExecutor) {
        self.service = service
        self.executor = executor
    }

    public func add(to router: Router<ServiceRequestContext>) {
        router.get("sas/:locator") { try await list($0, $1) }
        let file = RouterPath("sas/:locator/**")
        router.get(file) { try await answer($0, $1, read) }
        router.head(file) { try await answer($0, $1, read) }
        router.put(file) { try await answer($0, $1, write) }
        router.delete(file) { try await answer($0, $1, remove) }
    }

    /// What lies in an account that is away is asked for again.
    private func answer(
        _ request: Request, _ context: ServiceRequestContext,
        _ body: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await body(request, context)
        } catch let error as MediaStorageError where error.code == .unavailable {
            context.logger.error(
                "storage cannot be used", metadata: ["request": "\(context.requestID)", "cause": "\(error.reason)"])
            throw Problem(
                .serviceUnavailable, code: "storageUnavailable", detail: "The media cannot be reached now.",
                headers: [.retryAfter: "5"])
        }
    }

    private static let refusal = Problem(
        .forbidden, code: "notAllowed", detail: "This URL does not allow that, or not now.")
    /// Those who look for tracks are told where they leave (decision 64).
    private static let missing = Problem(
        .notFound, code: "missing",
        detail: "There is no such original. Versions have no SAS URLs: they leave as their delivery policies say.")

    private func asset(
        _ request: Request, _ context: ServiceRequestContext, for permission: AccessPermission
    ) async throws -> AssetRecord {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            // Given twice, nobody knows which one counts.
            guard query.updateValue(String(value), forKey: String(name)) == nil else { throw Self.refusal }
        }
        guard let asset = try await service.asset(locator(context), query: query, for: permission) else {
            throw Self.refusal
        }
        return asset
    }

    private func locator(_ context: ServiceRequestContext) -> String { context.parameters.get("locator") ?? "" }
    /// As it stands in the path: the router's own parts would have `a//b` and `a/b/` be `a/b`.
    private func name(_ request: Request) -> String {
        let parts = request.uri.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 3, parts[0].isEmpty, parts[1] == "sas" else { return "" }
        return parts[3...].joined(separator: "/").removingPercentEncoding ?? ""
    }

    private func list(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        struct Item: Encodable {
            var name: String
            var size: UInt64
            var contentType: String
            var sha256: String?
        }
        let asset = try await asset(request, context, for: .list)
        let items = try await service.files(of: asset).map {
            Item(name: $0.name, size: $0.size, contentType: $0.contentType, sha256: $0.digest?.hexDigits)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(["files": items]))))
    }

    private func read(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let asset = try await asset(request, context, for: .read)
        guard let (file, content) = try await service.file(name(request), of: asset) else { throw Self.missing }
        let source = OriginalSource(content: content)
        let object = OriginObject(
            contentType: file.contentType, size: file.size,
            entityTag: file.digest?.hexDigits ?? file.id.rawValue, lastModified: file.changed, lifetime: .immutable,
            body: .segment(source))
        let answer = try ObjectAnswer(object, request.headers, isRead: request.method == .get, isStored: false)
        var headers = answer.headers
        // A browser must not show as a page what somebody uploaded.
        headers[.contentDisposition] = "attachment; filename=\"\(file.name.split(separator: "/").last ?? "file")\""
        if let name = HTTPField.Name("X-Content-Type-Options") { headers[name] = "nosniff" }
        guard let range = answer.range else { return Response(status: answer.status, headers: headers) }
        headers[.contentLength] = "\(range.count)"
        guard request.method != .head else { return Response(status: answer.status, headers: headers, body: .init()) }
        try await service.audit(
            readOf: file, locator: locator(context), from: context.clientAddress, requestID: context.requestID)
        return Response(status: answer.status, headers: headers, body: body(source, range))
    }

    private func body(_ source: OriginalSource, _ range: Range<UInt64>) -> ResponseBody {
        let executor = executor
        return ResponseBody(contentLength: Int(range.count)) { writer in
            try await withTaskExecutorPreference(executor) {
                let pieces = try SegmentPieces(source, range)
                while pieces.left > 0 {
                    var piece = ByteBuffer()
                    try piece.append(pieces, mayWait: true)
                    try await writer.write(piece)
                }
            }
            try await writer.finish(nil)
        }
    }

    private func write(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let asset = try await asset(request, context, for: .write)
        guard let length = request.headers[.contentLength].flatMap({ UInt64($0) }) else {
            throw Problem(.lengthRequired, code: "lengthRequired", detail: "Say Content-Length.")
        }
        let upload = UploadRequest(
            asset: asset.name, role: .whole(name: name(request)), length: length,
            contentType: String((request.headers[.contentType] ?? "application/octet-stream").prefix(256)))
        do {
            try await service.put(
                upload, request.body.map { Array($0.readableBytesView) }, locator: locator(context))
        } catch let error as CatalogError where error.code == .exists || error.code == .conflict {
            throw Problem(.conflict, code: "conflict", detail: "There is a file of that name, or it cannot be one.")
        } catch let error as AssetFileError {
            let isTooLarge = error.code == .tooLarge || error.code == .quotaExceeded
            throw Problem(
                isTooLarge ? .contentTooLarge : .badRequest, code: error.code.rawValue,
                detail: isTooLarge ? "It is more than may be stored here." : "It did not arrive whole.")
        }
        return Response(status: .created, headers: [.cacheControl: "no-store"])
    }

    private func remove(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        let asset = try await asset(request, context, for: .delete)
        do {
            let isThere = try await service.delete(name(request), of: asset, locator: locator(context))
            guard isThere else { throw Self.missing }
        } catch let error as AssetFileError where error.code == .busy {
            throw Problem(.conflict, code: error.code.rawValue, detail: "It is still arriving.")
        }
        return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    }
}

/// An original on its way out; any part of it by itself.
private struct OriginalSource: SeekableSource {
    let content: any MediaReader

    func begin() throws -> any SegmentMaker { try begin(at: 0) }
    func begin(at offset: UInt64) throws -> any SegmentMaker { OriginalMaker(content, at: offset) }
}

private final class OriginalMaker: SegmentMaker {
    private let content: any MediaReader
    private var position: UInt64

    init(_ content: any MediaReader, at offset: UInt64) {
        self.content = content
        position = offset
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        let count = Int(min(UInt64(buffer.count), content.size - min(position, content.size)))
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        if mayWait {
            try content.read(into: part, at: position)
        } else if !(try content.readAtHand(into: part, at: position)) {
            return nil
        }
        position += UInt64(count)
        return count
    }
}
