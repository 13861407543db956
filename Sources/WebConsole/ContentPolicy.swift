import Foundation

/// Content security policies (W3C Content Security Policy Level 3) of the console's two pages.
enum ContentPolicy {
    /// Everything from this listener; nothing inline; no text becomes markup (W3C Trusted Types), so that what somebody
    /// else wrote into a name or a reason can neither run here nor send the operator's token away.
    static let console =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'"

    /// The player's page never holds an admin token, and reaches only the origins and key services that this server names.
    static func player(_ playback: ConsolePlayback) -> String {
        let sources = Set(playback.sources.compactMap(source)).sorted().map { " " + $0 }.joined()
        return "default-src 'self'; connect-src 'self'\(sources); media-src 'self' blob:\(sources); "
            + "img-src 'self'\(sources); base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    }

    /// One source expression: an origin of a URL, or a host with any port. Nil for what is neither, since it could end the
    /// directive.
    static func source(_ text: String) -> String? {
        let isURL = text.contains("://")
        guard let url = URLComponents(string: isURL ? text : "//" + text), let host = url.host, !host.isEmpty,
            isURL || host == text, !isURL || ["http", "https"].contains(url.scheme?.lowercased() ?? ""),
            host.utf8.allSatisfy({ isAlphanumeric($0) || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains($0) })
        else { return nil }
        // RFC 3986, 3.2.2: an IPv6 address stands in brackets.
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        guard isURL, let scheme = url.scheme?.lowercased() else { return name + ":*" }
        return "\(scheme)://\(name)" + (url.port.map { ":\($0)" } ?? "")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
