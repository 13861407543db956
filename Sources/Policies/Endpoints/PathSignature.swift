public import Foundation

/// What a signed URL or cookie says: until when, and by whom, everything under a path may be fetched.
///
/// One text, in one spelling: `exp=1763740800~pre=/LOCATOR/~ip=203.0.113.7~hmac=HEX`, of which `ip` may be missing. The
/// code is HMAC-SHA256 (RFC 2104) over what stands before `~hmac=`, in 64 small hexadecimal digits. Its characters may stand
/// in queries and in cookies as they are.
public struct PathSignature: Sendable, Hashable {
    /// The name of the query's parameter, and of the cookie.
    public static let name = "kw"
    /// In bytes.
    public static let longest = 1400

    /// The first instant at which it is no longer good; whole seconds.
    public let expires: Date
    /// A path, or one with a slash at its end for everything under it.
    @Exact public private(set) var prefix: String
    /// Nil for any client.
    public let address: IPAddress?

    /// - Returns: nil when the time or the prefix cannot be written: see `isPrefix`.
    public init?(expires: Date, prefix: String, address: IPAddress? = nil) {
        let seconds = expires.timeIntervalSince1970.rounded(.up)
        guard (1...Self.latest).contains(seconds), Self.isPrefix(prefix) else { return nil }
        self.expires = Date(timeIntervalSince1970: seconds)
        self.prefix = prefix
        self.address = address
    }

    /// 12 digits.
    private static let latest = 999_999_999_999.0

    /// Whether a text can be a prefix: a path of unreserved characters and those that URLs of the origin have, up to 1024
    /// bytes.
    public static func isPrefix(_ text: String) -> Bool {
        (1...1024).contains(text.utf8.count) && text.utf8.first == UInt8(ascii: "/")
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "/-._()=,+".utf8.contains(byte)
            }
    }

    /// What the code covers.
    public var signedText: String {
        "exp=\(Int(expires.timeIntervalSince1970))~pre=\(prefix)" + (address.map { "~ip=\($0)" } ?? "")
    }

    /// The whole text.
    ///
    /// - Parameter code: of `signedText`, 32 bytes.
    public func text(code: [UInt8]) -> String {
        signedText + "~hmac=" + code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Whether a path lies under the prefix: the path itself, or one below it where the prefix ends with a slash.
    public func covers(path: String) -> Bool {
        if prefix.utf8.last == UInt8(ascii: "/") { return path.utf8.starts(with: prefix.utf8) }
        return path.isExactly(prefix)
    }
}

extension PathSignature {
    /// Reads a text in its one spelling; nil for any other.
    public static func read(_ text: some StringProtocol) -> (signature: PathSignature, code: [UInt8])? {
        guard text.utf8.count <= longest else { return nil }
        let parts = String(text).split(separator: "~" as Character, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 || parts.count == 4, let seconds = value("exp", parts[0]), let time = Int(seconds),
            (1...12).contains(seconds.utf8.count), let prefix = value("pre", parts[1]),
            let digits = value("hmac", parts[parts.count - 1]), let code = bytes(digits)
        else { return nil }
        var address: IPAddress?
        if parts.count == 4 {
            address = value("ip", parts[2]).flatMap { IPAddress($0) }
            guard address != nil else { return nil }
        }
        let signature = PathSignature(
            expires: Date(timeIntervalSince1970: Double(time)), prefix: prefix, address: address)
        guard let signature, signature.text(code: code).isExactly(String(text)) else { return nil }
        return (signature, code)
    }

    private static func value(_ name: String, _ part: String) -> String? {
        part.utf8.starts(with: (name + "=").utf8) ? String(part.dropFirst(name.count + 1)) : nil
    }

    private static func bytes(_ digits: String) -> [UInt8]? {
        guard digits.utf8.count == 64 else { return nil }
        let values = digits.utf8.map { byte -> UInt8? in
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x66: byte - 0x57
            default: nil
            }
        }
        guard !values.contains(nil) else { return nil }
        let nibbles = values.compactMap { $0 }
        return stride(from: 0, to: nibbles.count - 1, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }

    /// The text in a `Cookie` field (RFC 6265, 4.2.1); nil when there is none. Of several, the first.
    public static func text(inCookies cookies: String) -> String? {
        for pair in cookies.split(separator: ";", maxSplits: 64) {
            let text = pair.drop { $0 == " " }
            guard text.utf8.starts(with: (name + "=").utf8) else { continue }
            return String(text.dropFirst(name.count + 1))
        }
        return nil
    }
}
