/// An attribute list of a playlist tag (RFC 8216, 4.2).
struct PlaylistAttributes {
    private var text = ""

    /// Enumerated, decimal or hexadecimal values, and resolutions: written as they are, so never from a user.
    mutating func set(_ name: StaticString, _ value: String) {
        text += (text.isEmpty ? "" : ",") + "\(name)=" + value
    }

    /// A quoted string. It cannot have quotes, and no escape is defined for them; line breaks of any kind end the
    /// tag for one reader or another.
    mutating func set(_ name: StaticString, quoted value: String) {
        let safe = value.unicodeScalars.map { scalar -> Character in
            if scalar == "\"" { return "'" }
            return scalar.isLineBreakOrControl ? " " : Character(scalar)
        }
        set(name, "\"" + String(safe) + "\"")
    }

    /// A URL in quotes.
    mutating func set(_ name: StaticString, url value: String) {
        set(name, quoted: value.urlReference)
    }

    /// 0x and hexadecimal digits.
    mutating func set(_ name: StaticString, hexadecimal value: [UInt8]) {
        set(name, "0x" + value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    /// The whole line of a tag.
    func line(_ tag: StaticString) -> String { "#\(tag):\(text)\n" }
}

extension Unicode.Scalar {
    /// Controls of C0 and C1, and the separators of lines and paragraphs.
    var isLineBreakOrControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
