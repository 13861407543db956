import AdminContract
public import Administration
public import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore
import Policies

/// The admin API: one handler for every row of `AdminRoutes`. Never added to a public listener.
public struct AdminAPI: Sendable {
    private static let link = HTTPField.Name("Link")
    private static let prefer = HTTPField.Name(Preference.header)

    private let catalog: (any CatalogEngine)?
    private let authentication: AdminAuthentication
    private let interface: @Sendable (AdminIdentity) -> any OperatorInterface
    private let specification: ByteBuffer
    private let isEncrypted: Bool
    private let events: JobEventStream?
    private let operations: OperationEventStream?

    /// - Parameters:
    ///   - interface: does what the holder of a token asks, under the token's name and role.
    ///   - version: of the program, for the specification.
    ///   - isEncrypted: whether the listener speaks TLS.
    ///   - catalog: whose events are streamed; nil for none.
    ///   - operations: whose progress is streamed; nil for none.
    public init(
        authentication: AdminAuthentication, version: String, isEncrypted: Bool,
        catalog: (any CatalogEngine)? = nil, operations: OperationDesk? = nil,
        interface: @escaping @Sendable (AdminIdentity) -> any OperatorInterface
    ) throws {
        self.authentication = authentication
        self.isEncrypted = isEncrypted
        self.catalog = catalog
        events = catalog.map(JobEventStream.init)
        self.operations = operations.map(OperationEventStream.init)
        self.interface = interface
        specification = ByteBuffer(bytes: try OpenAPI.document(version: version))
    }

    /// Adds the routes under `/v1`, and an answer to methods that an address does not take.
    public func add(to router: Router<ServiceRequestContext>) {
        router.addMiddleware { MethodMiddleware() }
        for route in AdminRoutes.all {
            guard let method = HTTPRequest.Method(route.method.rawValue) else { continue }
            router.on(Self.routerPath(route.path), method: method) { try await answer(route, $0, $1) }
        }
        if let events {
            router.get("v1/jobs/:id/events") { try await stream(events, $0, $1) }
            router.get("v1/events") { try await stream(events, $0, $1) }
        }
        if let operations {
            router.get("v1/operations/:id/events") { try await stream(operations, $0, $1) }
        }
        router.get("v1/openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
                body: .init(byteBuffer: specification))
        }
    }

    /// `{name}` is `:name` for the router.
    private static func routerPath(_ path: String) -> RouterPath {
        RouterPath(path.replacing("{", with: ":").replacing("}", with: ""))
    }

    private func answer(
        _ route: AdminRoute, _ request: Request, _ context: ServiceRequestContext
    ) async throws -> Response {
        do {
            let identity = try await authentication.identify(request, context, route.role)
            guard !route.carriesKeys || isEncrypted || request.isForThisMachine(context) else {
                throw OperatorError(
                    .notPermitted, "key bytes travel over TLS or on this machine only: configure tls.admin")
            }
            // It would wait for what decisions wait for, and could not be written down.
            guard route.method == .get || catalog?.auditBlock() == nil else { throw Problem.auditBlocked }
            let verb = try route.verb(await AdminRequest(request, route, context))
            let isAsynchronous =
                Self.prefer.map { request.headers[values: $0].contains(where: Preference.isAsynchronous) } ?? false
            let perform = isAsynchronous ? route.begin ?? route.perform : route.perform
            do {
                return Self.response(try await perform(interface(identity), verb), route, request)
            } catch let error as OperatorError {
                // What the address and the method do not tell yet: an operator's document that makes a key, for example.
                if let role = error.lackedRole {
                    try await authentication.recordRefusal(of: identity, lacking: role, request, context)
                }
                throw error
            }
        } catch let error as OperatorError {
            throw Problem(error)
        }
    }

    /// Events of the job that the address names, or of all.
    private func stream(
        _ events: JobEventStream, _ request: Request, _ context: ServiceRequestContext
    ) async throws -> Response {
        do {
            _ = try await authentication.identify(request, context, .reader)
            return try await events.response(
                of: context.parameters.get("id").map { JobID(rawValue: $0) },
                after: EventStream.lastEventID.flatMap { request.headers[$0] })
        } catch let error as OperatorError {
            throw Problem(error)
        }
    }

    /// Progress of the operation that the address names.
    private func stream(
        _ operations: OperationEventStream, _ request: Request, _ context: ServiceRequestContext
    ) async throws -> Response {
        do {
            _ = try await authentication.identify(request, context, .reader)
            return try operations.response(
                of: context.parameters.get("id") ?? "",
                after: EventStream.lastEventID.flatMap { request.headers[$0] })
        } catch let error as OperatorError {
            throw Problem(error)
        }
    }

    private static func response(
        _ answer: AdminRoute.Answer, _ route: AdminRoute, _ request: Request
    ) -> Response {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        headers[.eTag] = answer.entityTag
        if let next = answer.next, let link = Self.link {
            headers[link] = "<\(AdminLink.next(after: next, in: request.uri.string))>; rel=\"next\""
        }
        if let operation = answer.operation {
            headers[.location] = "/v1/operations/\(operation)"
            if let applied = HTTPField.Name("Preference-Applied") { headers[applied] = Preference.asynchronous }
        }
        let success: HTTPResponse.Status = answer.isCreated ? .created : .ok
        return Response(
            status: answer.operation == nil ? success : .accepted, headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

extension AdminAuthentication {
    /// Who asks, by the token of a request.
    ///
    /// - Parameter role: what it takes at least.
    /// - Throws: `OperatorError`, also for who has less, which is audited.
    func identify(
        _ request: Request, _ context: ServiceRequestContext, _ role: AdminRole
    ) async throws -> AdminIdentity {
        var token: String?
        if let header = request.headers[.authorization], header.prefix(7).lowercased() == "bearer " {
            token = String(header.dropFirst(7)).trimmingCharacters(in: .whitespaces)
        }
        let identity = try await identify(
            token: token, address: context.clientAddress?.description ?? "unknown", requestID: context.requestID)
        guard identity.role >= role else {
            try await recordRefusal(of: identity, lacking: role, request, context)
            throw OperatorError.lacking(role, having: identity.role, to: "do this")
        }
        return identity
    }

    fileprivate func recordRefusal(
        of identity: AdminIdentity, lacking role: AdminRole, _ request: Request, _ context: ServiceRequestContext
    ) async throws {
        try await recordRefusal(
            of: identity, lacking: role, purpose: "\(request.method.rawValue) \(request.uri.path)",
            address: context.clientAddress?.description ?? "unknown", requestID: context.requestID)
    }
}
