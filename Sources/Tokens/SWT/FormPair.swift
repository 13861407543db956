/// One pair of a form (`application/x-www-form-urlencoded`), decoded.
struct FormPair: Equatable {
    var name: String
    var value: String

    /// From `name=value`; the first `=` divides. Nil for a pair without `=` or without a name, for characters that must
    /// be escaped (white space, controls, anything beyond ASCII), for malformed escapes and for what is not UTF-8.
    init?(_ text: some Collection<UInt8>) {
        guard let divider = text.firstIndex(of: UInt8(ascii: "=")),
            let name = Self.decode(text[..<divider], plusIsSpace: true), !name.isEmpty,
            let value = Self.decode(text[text.index(after: divider)...], plusIsSpace: true)
        else { return nil }
        self.name = name
        self.value = value
    }

    /// Undoes percent-encoding (RFC 3986, 2.1; hexadecimal digits in either letter case).
    static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var characters = text.makeIterator()
        while let character = characters.next() {
            switch character {
            case UInt8(ascii: "%"):
                guard let high = characters.next()?.hexadecimalDigit, let low = characters.next()?.hexadecimalDigit
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            case 0x21...0x7E: bytes.append(character)
            default: return nil
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Percent-encoding as .NET's `HttpUtility.UrlEncode` does it, which is what Azure Media Services' tools issue: lower
    /// case escapes, `+` for a space.
    static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return String(UnicodeScalar(byte))
            case _ where "-_.!*()".utf8.contains(byte): return String(UnicodeScalar(byte))
            case 0x20: return "+"
            default: return (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
            }
        }.joined()
    }

    /// The pair as it is issued.
    var encoded: String { "\(Self.encode(name))=\(Self.encode(value))" }

    init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
