public import ContentKeys
import Foundation

/// The path and query of a request (RFC 3986, 3.3 and 3.4), as both the router and the fast path read them.
public struct RequestTarget: Sendable {
    /// Most pairs of a query that are looked at.
    private static let mostPairs = 32

    private let path: Substring
    private let query: Substring?

    public init(_ uri: String) {
        // By bytes, here and below: looking for whole characters costs more than the decision on a key.
        let end = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = uri[..<(end ?? uri.endIndex)]
        query = end.map { uri[uri.utf8.index(after: $0)...] }
    }

    public init(query: String?) {
        path = ""
        self.query = query.map { $0[...] }
    }

    /// The KID of `/keys/aes/KID` or `/keys/aes?kid=KID`; nil for anything else.
    public var keyID: KeyID? {
        let (path, prefix) = (path.utf8, "/keys/aes".utf8)
        guard path.starts(with: prefix) else { return nil }
        let rest = path.dropFirst(prefix.count)
        guard let first = rest.first else { return value(of: "kid").flatMap { KeyID($0) } }
        return first == UInt8(ascii: "/") ? KeyID(String(Substring(rest.dropFirst()))) : nil
    }

    /// The elements of every query parameter of this name, which may be repeated or hold a list with commas.
    public func values(of name: String) -> [String] {
        guard let query else { return [] }
        return Self.pairs(query).flatMap { pair -> [String] in
            guard let value = Self.value(of: name, in: pair).map({ String($0) }) else { return [] }
            return (value.removingPercentEncoding ?? "?").split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
        }
    }

    /// The first query parameter of this name, in any letter case (Azure Media Services wrote both `kid` and `KID`),
    /// percent-decoded once. `+` stays: tokens may hold it.
    public func value(of name: String) -> String? {
        guard let query else { return nil }
        var rest = query.utf8
        for _ in 0...Self.mostPairs {
            let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex
            if let value = Self.value(of: name, in: Substring(rest[..<end])) {
                return value.utf8.contains(UInt8(ascii: "%")) ? String(value).removingPercentEncoding : String(value)
            }
            guard end < rest.endIndex else { return nil }
            rest = rest[rest.index(after: end)...]
        }
        return nil
    }

    /// What stands behind the name and `=`.
    private static func value(of name: String, in pair: Substring) -> Substring? {
        guard let divider = pair.utf8.firstIndex(of: UInt8(ascii: "=")), equal(pair[..<divider], name) else {
            return nil
        }
        return pair[pair.utf8.index(after: divider)...]
    }

    private static func pairs(_ query: Substring) -> [Substring] {
        query.utf8.split(separator: UInt8(ascii: "&"), maxSplits: mostPairs).map { Substring($0) }
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
        let bytes = header.utf8
        guard bytes.count > 7, bytes.prefix(6).elementsEqual("bearer".utf8, by: { $0 == $1 || $0 | 0x20 == $1 })
        else { return nil }
        let rest = bytes.dropFirst(6)
        guard rest.first == UInt8(ascii: " ") || rest.first == UInt8(ascii: "=") else { return nil }
        return String(Substring(rest.dropFirst().drop { $0 == UInt8(ascii: " ") }))
    }
}
