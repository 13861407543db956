public import ContentKeys
import Foundation

/// The path and query of a request (RFC 3986, 3.3 and 3.4), as both the router and the fast path read them.
public struct RequestTarget: Sendable {
    /// Most pairs of a query that are looked at.
    private static let mostPairs = 32

    private let path: Substring
    private let query: Substring?

    public init(_ uri: String) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts[0]
        query = parts.count > 1 ? parts[1] : nil
    }

    public init(query: String?) {
        path = ""
        self.query = query.map { $0[...] }
    }

    /// The KID of `/keys/aes/KID` or `/keys/aes?kid=KID`; nil for anything else.
    public var keyID: KeyID? {
        if path == "/keys/aes" { return value(of: "kid").flatMap { KeyID($0) } }
        guard path.hasPrefix("/keys/aes/") else { return nil }
        return KeyID(String(path.dropFirst("/keys/aes/".count)))
    }

    /// The elements of every query parameter of this name, which may be repeated or hold a list with commas.
    public func values(of name: String) -> [String] {
        guard let query else { return [] }
        return query.split(separator: "&", maxSplits: Self.mostPairs).flatMap { pair -> [String] in
            guard let divider = pair.firstIndex(of: "="), Self.equal(pair[..<divider], name) else { return [] }
            let value = String(pair[pair.index(after: divider)...])
            return (value.removingPercentEncoding ?? "?").split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
        }
    }

    /// The first query parameter of this name, in any letter case (Azure Media Services wrote both `kid` and `KID`),
    /// percent-decoded once. `+` stays: tokens may hold it.
    public func value(of name: String) -> String? {
        guard let query else { return nil }
        for pair in query.split(separator: "&", maxSplits: Self.mostPairs) {
            guard let divider = pair.firstIndex(of: "="), Self.equal(pair[..<divider], name) else { continue }
            let value = pair[pair.index(after: divider)...]
            return value.utf8.contains(UInt8(ascii: "%")) ? String(value).removingPercentEncoding : String(value)
        }
        return nil
    }

    /// Without regard to the letter case of ASCII.
    private static func equal(_ text: Substring, _ name: String) -> Bool {
        text.utf8.count == name.utf8.count
            && zip(text.utf8, name.utf8).allSatisfy { ($0 | 0x20) == $1 || $0 == $1 }
    }
}

/// The token of an `Authorization` header.
public enum BearerToken {
    /// Longest credential that is looked at, in bytes.
    public static let longest = 16 << 10

    /// `Bearer T` (RFC 6750, 2.1), or Azure Media Services' `Bearer=T`. Another scheme carries no token of ours: the
    /// request is then judged, and audited, as one without a token.
    public static func token(_ header: String) -> String? {
        guard header.utf8.count > 7, header.prefix(6).lowercased() == "bearer" else { return nil }
        let rest = header.dropFirst(6)
        guard rest.first == " " || rest.first == "=" else { return nil }
        return String(rest.dropFirst().drop { $0 == " " })
    }
}
