public import Administration
public import AssetFiles
import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore

/// `/v1/assets/{name}/files/{file}/content`: an original, decrypted, for operators; and `/v1/reviews/{id}/content`, one that waits
/// for a decision, for who decides. With one range, so that a download goes on where it was.
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
        let review = RouterPath("v1/reviews/:id/content")
        router.get(review) { try await answerReview($0, $1) }
        router.head(review) { try await answerReview($0, $1) }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        try await answer(request, context, .operator) { actor in
            try await uploads.original(
                asset: context.parameters.get("name") ?? "",
                // The router gives the segment as it came.
                name: context.parameters.get("file")?.removingPercentEncoding ?? "", readBy: actor)
        }
    }

    /// Who sends content does not let it out, and this lets it out of quarantine.
    private func answerReview(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        try await answer(request, context, .keyAdmin) { actor in
            try await uploads.originalInReview(context.parameters.get("id") ?? "", readBy: actor)
        }
    }

    /// - Parameter open: is given who is given bytes; nil when nobody is.
    private func answer(
        _ request: Request, _ context: ServiceRequestContext, _ role: AdminRole,
        _ open: (_ actor: String?) async throws -> Original
    ) async throws -> Response {
        do {
            let identity = try await authentication.identify(request, context, role)
            let original = try await open(request.method == .head ? nil : identity.name)
            return try response(original, request)
        } catch {
            guard let meaning = OperatorError(meaning: error) else { throw error }
            throw Problem(meaning)
        }
    }

    private func response(_ original: Original, _ request: Request) throws -> Response {
        let tag = original.record.digest.map { "\"\($0.hexDigits)\"" }
        let answer = try RangedAnswer(request, size: original.size, entityTag: tag)
        guard request.method != .head else { return answer.withoutBody }
        let bytes = original.bytes(answer.range)
        return Response(
            status: answer.status, headers: answer.headers,
            body: ResponseBody(contentLength: answer.range.count) { writer in
                for try await piece in bytes { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            })
    }
}
