public import ContentKeys
import Foundation

/// The path and query of a request (RFC 3986, 3.3 and 3.4), as both the router and the fast path read them.
public struct RequestTarget: Sendable {
    /// Most pairs of a query that are looked at.
    private static let mostPairs = 32

    private let text: String
    /// Places in the text, in bytes: looking for whole characters costs more than the decision on a key.
    private let path: Range<Int>
    private let query: Range<Int>?

    public init(_ uri: String) {
        var text = uri
        text.makeContiguousUTF8()
        let count = text.utf8.count
        let mark = Self.bytes(of: text) { $0.firstIndex(of: UInt8(ascii: "?")) }
        self.text = text
        path = 0..<(mark ?? count)
        query = mark.map { $0 + 1..<count }
    }

    /// Of a request whose target was looked at before.
    public init(of request: FastRequest) {
        text = request.target
        path = 0..<request.pathLength
        let count = text.utf8.count
        query = request.pathLength < count ? request.pathLength + 1..<count : nil
    }

    public init(query: String?) {
        self.init("?" + (query ?? ""))
    }

    public func isPath(_ other: String) -> Bool {
        Self.bytes(of: text) { $0[path].elementsEqual(other.utf8) }
    }

    /// The KID of `/keys/aes/KID` or `/keys/aes?kid=KID`; nil for anything else, and where both are given.
    public var keyID: KeyID? {
        let route = "/keys/aes"
        return Self.bytes(of: text) { bytes -> KeyID? in
            let path = bytes[path]
            guard path.starts(with: route.utf8) else { return nil }
            let rest = path.dropFirst(route.utf8.count)
            if rest.isEmpty { return queriedKeyID }
            guard rest.first == UInt8(ascii: "/"), values(of: "kid").isEmpty else { return nil }
            return KeyID(text: UnsafeBufferPointer(rebasing: rest.dropFirst()))
        }
    }

    /// Nearly every KID is written without escapes, and read where it stands.
    private var queriedKeyID: KeyID? {
        var found: KeyID?
        var count = 0
        let isWhole = search("kid") { value in
            count += 1
            found =
                KeyID(text: UnsafeBufferPointer(rebasing: value))
                ?? String(decoding: value, as: UTF8.self).removingPercentEncoding.flatMap { KeyID($0) }
            return count > 1
        }
        return isWhole && count == 1 ? found : nil
    }

    /// The elements of every query parameter of this name, which may be repeated or hold a list with commas.
    public func values(of name: String) -> [String] {
        var values: [String] = []
        let isWhole = search(name) { value in
            let decoded = String(decoding: value, as: UTF8.self).removingPercentEncoding ?? "?"
            values += decoded.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return false
        }
        return isWhole ? values : values + ["?"]
    }

    /// The query parameter of this name, in any letter case (Azure Media Services wrote both `kid` and `KID`),
    /// percent-decoded once. `+` stays: tokens may hold it. One that is given twice says nothing: whoever stands in front may
    /// have looked at the other.
    public func value(of name: String) -> String? {
        var found: String?
        var count = 0
        let isWhole = search(name) { value in
            count += 1
            let text = String(decoding: value, as: UTF8.self)
            found = value.contains(UInt8(ascii: "%")) ? text.removingPercentEncoding : text
            return count > 1
        }
        return isWhole && count == 1 ? found : nil
    }

    /// Gives the value of each parameter of a name, as it is written, until one is enough.
    ///
    /// - Returns: false when there are more pairs than are looked at.
    private func search(_ name: String, _ isEnough: (Slice<UnsafeBufferPointer<UInt8>>) -> Bool) -> Bool {
        guard let query else { return true }
        return Self.bytes(of: text) { bytes in
            var start = query.lowerBound
            for _ in 0...Self.mostPairs {
                let end = bytes[start..<query.upperBound].firstIndex(of: UInt8(ascii: "&")) ?? query.upperBound
                let pair = bytes[start..<end]
                if let divider = pair.firstIndex(of: UInt8(ascii: "=")), Self.equal(pair[..<divider], name),
                    isEnough(pair[(divider + 1)...])
                {
                    return true
                }
                guard end < query.upperBound else { return true }
                start = end + 1
            }
            return false
        }
    }

    /// Without regard to the letter case of ASCII.
    private static func equal(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ name: String) -> Bool {
        guard text.count == name.utf8.count else { return false }
        return bytes(of: name) { name in
            name.indices.allSatisfy { position in
                let byte = text[text.startIndex + position]
                return byte | 0x20 == name[position] || byte == name[position]
            }
        }
    }

    private static func bytes<Result>(
        of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        text.utf8.withContiguousStorageIfAvailable(body) ?? Array(text.utf8).withUnsafeBufferPointer(body)
    }
}

extension RequestTarget {
    /// The token in the query. Azure Media Services' players wrote `token=Bearer%3d…` there as well as the token alone.
    public var token: String? {
        value(of: "token").map { BearerToken.token($0) ?? $0 }
    }
}

/// The token of an `Authorization` header.
public enum BearerToken {
    /// Longest credential that is looked at, in bytes.
    public static let longest = 16 << 10

    /// `Bearer T` (RFC 6750, 2.1), or Azure Media Services' `Bearer=T`. Another scheme carries no token of ours: the
    /// request is then judged, and audited, as one without a token.
    public static func token(_ header: String) -> String? {
        var header = header
        header.makeContiguousUTF8()
        let token = header.utf8.withContiguousStorageIfAvailable { bytes -> String? in
            guard bytes.count > 7, zip(bytes, "bearer".utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) else {
                return nil
            }
            let rest = bytes[6...]
            guard rest.first == UInt8(ascii: " ") || rest.first == UInt8(ascii: "=") else { return nil }
            return String(decoding: rest.dropFirst().drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
        }
        return token ?? nil
    }
}
