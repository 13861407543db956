public import Administration
public import AssetFiles
import Catalog
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore

/// `/v1/assets/{name}/poster`: the poster of the version that is served, for operators: what no delivery policy lets out, too.
public struct PosterRoutes: Sendable {
    private let uploads: UploadService
    private let authentication: AdminAuthentication

    public init(uploads: UploadService, authentication: AdminAuthentication) {
        self.uploads = uploads
        self.authentication = authentication
    }

    public func add(to router: Router<ServiceRequestContext>) {
        let path = RouterPath("v1/assets/:name/poster")
        router.get(path) { try await answer($0, $1) }
        router.head(path) { try await answer($0, $1) }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        do {
            let identity = try await authentication.identify(request, context, .operator)
            let known = request.headers[.ifNoneMatch]
            let found = try await uploads.poster(
                asset: context.parameters.get("name") ?? "", readBy: request.method == .head ? nil : identity.name
            ) { tag in known?.contains("\"\(tag)\"") ?? false }
            return response(found.poster, found.entityTag, isHead: request.method == .head)
        } catch {
            guard let meaning = OperatorError(meaning: error) else { throw error }
            throw Problem(meaning)
        }
    }

    private func response(_ poster: StoredPoster?, _ entityTag: String, isHead: Bool) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store", .eTag: "\"\(entityTag)\""]
        headers[.xContentTypeOptions] = "nosniff"
        guard let poster else { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = "image/jpeg"
        guard !isHead else {
            headers[.contentLength] = "\(poster.bytes.count)"
            return Response(status: .ok, headers: headers)
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: poster.bytes)))
    }
}
