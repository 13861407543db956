import AdminContract
import HTTPSurface
import HTTPTypes
import Hummingbird

/// Answers 405 with the methods that an address takes (RFC 9110, 15.5.6), where the router would answer 404.
struct MethodMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let path = request.uri.path
            var allowed = Set(AdminRoutes.all.filter { $0.matches(path: path) }.map(\.method.rawValue))
            if path == "/v1/openapi.json" || AdminRoutes.isEventStream(path: path) { allowed.insert("GET") }
            allowed.formUnion(AdminRoutes.transferMethods(path: path))
            guard !allowed.isEmpty, !allowed.contains(request.method.rawValue) else { throw error }
            let list = allowed.sorted().joined(separator: ", ")
            throw Problem(
                .methodNotAllowed, code: "methodNotAllowed", detail: "This address takes \(list).",
                headers: [.allow: list])
        }
    }
}
