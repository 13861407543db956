public import Administration
import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore

/// `/v1/assets/{name}/package/content`: one object of a package after the other, as the origin answers it, with the SHA-256 of
/// all of it (`Repr-Digest`, RFC 9530). Nothing is decided here.
public struct PackageRoutes: Sendable {
    private static let digestField = HTTPField.Name("Repr-Digest")

    private let packages: any PackageExport
    private let authentication: AdminAuthentication

    public init(packages: any PackageExport, authentication: AdminAuthentication) {
        self.packages = packages
        self.authentication = authentication
    }

    public func add(to router: Router<ServiceRequestContext>) {
        let path = RouterPath("v1/assets/:name/package/content")
        router.get(path) { try await answer($0, $1) }
        router.head(path) { try await answer($0, $1) }
    }

    private func answer(_ request: Request, _ context: ServiceRequestContext) async throws -> Response {
        do {
            _ = try await authentication.identify(request, context, .operator)
            let query = request.uri.queryParameters
            func value(_ name: Substring) -> String? { query[name].map(String.init) }
            let object = try await packages.object(
                asset: context.parameters.get("name") ?? "", locator: value("locator") ?? "",
                address: value("address") ?? "", keysURL: value("keysUrl"))
            return try await response(object, request)
        } catch {
            guard let meaning = OperatorError(meaning: error) else { throw error }
            throw Problem(meaning)
        }
    }

    private func response(_ object: PackageObject, _ request: Request) async throws -> Response {
        let tag = "\"\(object.entityTag)\""
        guard request.headers[.ifMatch].map({ $0 == tag }) ?? true else {
            throw OperatorError(.changed, "the object is not what the package's list says: list it again")
        }
        var answer = try RangedAnswer(request, size: object.size, entityTag: tag)
        if let field = Self.digestField {
            answer.headers[field] = "sha-256=:\(Data(try await object.digest()).base64EncodedString()):"
        }
        guard request.method != .head else { return answer.withoutBody }
        let pieces = try object.pieces(answer.range)
        return Response(
            status: answer.status, headers: answer.headers,
            body: ResponseBody(contentLength: answer.range.count) { writer in
                while let piece = try await pieces() { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            })
    }
}
