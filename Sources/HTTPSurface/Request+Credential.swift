import HTTPTypes
public import Hummingbird
public import Policies

extension Request {
    /// The token of the request: in the `Authorization` header, else the query's `token`. A header wins.
    public func credential() throws -> String? {
        let token: String?
        if let header = headers[.authorization] {
            token = BearerToken.token(header)
        } else {
            token = RequestTarget(query: uri.query).token
        }
        return try Self.bounded(token)
    }

    /// The token of the request, else the one in its body, where the request has none in its usual places.
    public func credential(elseIn inBody: String?) throws -> String? {
        let hasNone = headers[.authorization] == nil && RequestTarget(query: uri.query).token == nil
        return try hasNone ? Self.bounded(inBody.map { BearerToken.token($0) ?? $0 }) : credential()
    }

    private static func bounded(_ token: String?) throws -> String? {
        guard let token, !token.isEmpty else { return nil }
        guard token.utf8.count <= BearerToken.longest else {
            throw Problem(
                .requestHeaderFieldsTooLarge, code: "tokenTooLarge", detail: "The token is longer than 16 KiB.")
        }
        return token
    }

    /// The ticket that a playlist's key URI carries; one that is too long counts as one that nobody sealed.
    public var ticket: String? { queryValue("ticket").map { String($0.prefix(BearerToken.longest)) } }

    /// The query's parameter of a name; nil when there is none.
    public func queryValue(_ name: String) -> String? {
        RequestTarget(query: uri.query).value(of: name)
    }
}

extension ServiceRequestContext {
    /// Policies cannot judge a request without an address, so it is refused.
    public func requiredClientAddress() throws -> IPAddress {
        guard let clientAddress else {
            throw Problem(.forbidden, code: "addressUnknown", detail: "The client's address is not known.")
        }
        return clientAddress
    }
}

extension Request {
    private static let forwarding = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].compactMap {
        HTTPField.Name($0)
    }

    /// Whether the request comes from a program on this machine for itself, so that nobody else can read the answer: not
    /// by a proxy on this machine that somebody far away speaks to, perhaps in the clear, and that says so, be it in a header
    /// or by the PROXY protocol. One that passes connections on and says nothing cannot be told from a client.
    public func isForThisMachine(_ context: ServiceRequestContext) -> Bool {
        context.isFromThisMachine && !Self.forwarding.contains { headers.contains($0) }
    }
}
