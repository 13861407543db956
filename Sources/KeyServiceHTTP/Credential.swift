import HTTPSurface
import HTTPTypes
import Hummingbird
import Policies

extension Request {
    /// The token of the request: in the `Authorization` header, else the query's `token`. A header wins.
    func credential() throws -> String? {
        let token: String?
        if let header = headers[.authorization] {
            token = BearerToken.token(header)
        } else {
            token = queryValue("token")
        }
        guard let token, !token.isEmpty else { return nil }
        guard token.utf8.count <= BearerToken.longest else {
            throw Problem(
                .requestHeaderFieldsTooLarge, code: "tokenTooLarge", detail: "The token is longer than 16 KiB.")
        }
        return token
    }

    func queryValue(_ name: String) -> String? {
        RequestTarget(query: uri.query).value(of: name)
    }
}

extension ServiceRequestContext {
    /// Policies cannot judge a request without an address, so it is refused.
    func requiredClientAddress() throws -> IPAddress {
        guard let clientAddress else {
            throw Problem(.forbidden, code: "addressUnknown", detail: "The client's address is not known.")
        }
        return clientAddress
    }
}
