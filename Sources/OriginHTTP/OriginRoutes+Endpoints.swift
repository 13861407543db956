import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import Origin
import Policies

/// What streaming endpoints have to say of the router's requests.
extension OriginRoutes {
    /// Lets a request in under the endpoint of its host; nil where no endpoint has a say.
    ///
    /// - Throws: `Problem` for a request that is refused, `CatalogError`.
    func admit(
        _ request: Request, _ context: ServiceRequestContext, _ path: OriginPath
    ) async throws -> (rules: EndpointRules, admission: EndpointAdmission)? {
        guard let rules = try await endpoints.rules(request.head.authority) else { return nil }
        let cookies = request.headers[values: .cookie]
        let visit = EndpointVisit(
            client: context.clientAddress, path: request.uri.path, object: path.request.endpointObject,
            signature: request.queryValue(PathSignature.name),
            cookies: cookies.isEmpty ? nil : cookies.joined(separator: "; "))
        do {
            return (rules, try endpoints.admit(visit, to: rules))
        } catch {
            throw Problem(error)
        }
    }

    /// What pages of other origins may read of the answer to a request; nil to leave it to the server's configuration. Only
    /// what is the origin's is an endpoint's.
    public func sharing(for request: Request) async -> CrossOriginPolicy? {
        guard OriginPath.mayBe(request.uri.path) else { return nil }
        do {
            return try await endpoints.rules(request.head.authority)?.sharing
        } catch {
            // It cannot be told who may read.
            return CrossOriginPolicy(allowedOrigins: [])
        }
    }
}

extension EndpointRules {
    var sharing: CrossOriginPolicy? { endpoint.corsOrigins.map(CrossOriginPolicy.init(allowedOrigins:)) }
}

extension OriginPath {
    /// Whether a path begins as those of the origin do: `/` and 36 characters of a locator, then a slash.
    static func mayBe(_ path: some StringProtocol) -> Bool {
        let bytes = path.utf8
        guard bytes.count > 38 else { return false }
        return bytes[bytes.index(bytes.startIndex, offsetBy: 37)] == UInt8(ascii: "/")
    }
}
