import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import Policies

extension Request {
    /// Longest credential that is looked at, in bytes.
    static let maximumCredential = 16 << 10

    /// The token of the request: `Authorization: Bearer T` (RFC 6750, 2.1) or Azure Media Services' `Bearer=T`; else the
    /// query's `token`. A header wins.
    func credential() throws -> String? {
        let token: String?
        if let header = headers[.authorization] {
            token = Self.bearerToken(header)
        } else {
            token = queryValue("token")
        }
        guard let token, !token.isEmpty else { return nil }
        guard token.utf8.count <= Self.maximumCredential else {
            throw Problem(
                .requestHeaderFieldsTooLarge, code: "tokenTooLarge", detail: "The token is longer than 16 KiB.")
        }
        return token
    }

    /// Another scheme carries no token of ours: the request is then judged, and audited, as one without a token.
    private static func bearerToken(_ header: String) -> String? {
        guard header.utf8.count > 7, header.prefix(6).lowercased() == "bearer" else { return nil }
        let rest = header.dropFirst(6)
        guard rest.first == " " || rest.first == "=" else { return nil }
        return String(rest.dropFirst().drop { $0 == " " })
    }

    /// The first query parameter of this name, in any letter case (Azure Media Services wrote both `kid` and `KID`),
    /// percent-decoded once. `+` stays: tokens may hold it.
    func queryValue(_ name: String) -> String? {
        guard let query = uri.query else { return nil }
        for pair in query.split(separator: "&", maxSplits: 32) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name else { continue }
            return String(parts[1]).removingPercentEncoding
        }
        return nil
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
