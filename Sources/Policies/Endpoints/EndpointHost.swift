/// Names of hosts, as requests and endpoints write them.
public enum EndpointHost {
    /// Whether a text can be a host's name here: letters, digits, hyphens and dots, in small letters, without a port.
    public static func isName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.utf8.first != 0x2D && label.utf8.last != 0x2D
                    && label.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    }
            }
    }

    /// The name in a request's `Host` or `:authority` (RFC 9110, 7.2): without its port and the root's dot, in small
    /// letters.
    public static func name(of authority: String) -> String {
        var text = authority[...]
        if let colon = text.utf8.lastIndex(of: 0x3A), text.utf8.last != 0x5D,
            text[text.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        {
            text = text[..<colon]
        }
        if text.utf8.last == 0x2E { text = text.dropLast() }
        return text.lowercased()
    }
}
