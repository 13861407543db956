import Cryptography

/// Names of documents here, made of names there.
enum ImportNames {
    /// In bytes.
    static let longest = 128
    /// Of the last byte positions, those of `-` and eight hexadecimal digits.
    private static let tail = 9

    /// A name of letters, digits, `.`, `_` and `-`, which is the same for the same name there. A name that had to be
    /// changed carries eight digits of its SHA-256, so that two names do not become one.
    static func fit(_ name: String) -> String {
        var bytes = name.utf8.map { isAllowed($0) ? $0 : UInt8(ascii: "-") }
        if bytes.first == UInt8(ascii: ".") || bytes.isEmpty { bytes.insert(UInt8(ascii: "-"), at: 0) }
        guard !bytes.elementsEqual(name.utf8) || bytes.count > longest else { return name }
        return String(decoding: bytes.prefix(longest - tail), as: UTF8.self) + "-" + digest(name)
    }

    /// Whether a text can be the beginning of names.
    static func isPrefix(_ text: String) -> Bool {
        text.utf8.count <= 32 && text.utf8.allSatisfy(isAllowed) && text.utf8.first != UInt8(ascii: ".")
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [0x2D, 0x2E, 0x5F].contains(byte)
    }

    private static func digest(_ text: String) -> String {
        let bytes = (try? SHA256.digest(Array(text.utf8)))?.prefix(4) ?? []
        return bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
