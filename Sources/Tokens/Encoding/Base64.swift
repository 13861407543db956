/// Base 64 (RFC 4648) in the one spelling that each use allows: canonical, so that one byte string has one text.
public enum Base64 {
    /// The alphabet and whether the text is padded.
    public enum Variant: Sendable {
        /// Section 5, without padding, as in JWS (RFC 7515, 2).
        case urlUnpadded
        /// Section 4, padded.
        case standard

        fileprivate var isPadded: Bool { self == .standard }

        fileprivate var alphabet: [UInt8] {
            Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
                + Array((self == .standard ? "+/" : "-_").utf8)
        }

        /// The value of a character; nil when it is not of the alphabet.
        fileprivate func value(of character: UInt8) -> UInt32? {
            switch character {
            case 0x41...0x5A: UInt32(character - 0x41)
            case 0x61...0x7A: UInt32(character - 0x61 + 26)
            case 0x30...0x39: UInt32(character - 0x30 + 52)
            case 0x2B where self == .standard, 0x2D where self == .urlUnpadded: 62
            case 0x2F where self == .standard, 0x5F where self == .urlUnpadded: 63
            default: nil
            }
        }
    }

    /// The bytes; nil for anything but the canonical text: a foreign character, white space, too much or too little
    /// padding, or bits set that belong to no byte.
    public static func decode(_ text: some Collection<UInt8>, _ variant: Variant) -> [UInt8]? {
        guard let digits = withoutPadding(text, variant), digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3 + 2)
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for character in digits {
            guard let value = variant.value(of: character) else { return nil }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        return bits & ((1 << count) - 1) == 0 ? bytes : nil
    }

    private static func withoutPadding(_ text: some Collection<UInt8>, _ variant: Variant) -> [UInt8]? {
        var digits = Array(text)
        guard variant.isPadded else { return digits }
        guard digits.count % 4 == 0 else { return nil }
        for _ in 0..<2 where digits.last == 0x3D { digits.removeLast() }
        return digits
    }

    public static func encode(_ bytes: some Sequence<UInt8>, _ variant: Variant) -> String {
        let alphabet = variant.alphabet
        var text: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> count & 0x3F)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << (6 - count) & 0x3F)]) }
        while variant.isPadded, text.count % 4 != 0 { text.append(0x3D) }
        return String(decoding: text, as: UTF8.self)
    }
}
