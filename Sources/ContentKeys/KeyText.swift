/// Key and secret bytes written as text. Works on bytes that the caller can zero; no string is made of them.
public enum KeyText {
    /// The bytes after `hex:` or `base64:`; nil for anything else. The caller zeroes them.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if text.starts(with: "hex:".utf8) { return hexadecimal(text.dropFirst(4)) }
        if text.starts(with: "base64:".utf8) { return base64(text.dropFirst(7)) }
        return nil
    }

    /// RFC 4648, 8; either letter case.
    static func hexadecimal(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = hexadecimalValue(digit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    /// RFC 4648, 4, with its padding; no white space, no other alphabet, no bits left over.
    public static func base64(_ digits: some Collection<UInt8>) -> [UInt8]? {
        let padding = digits.suffix(2).reversed().prefix { $0 == 0x3D }.count
        guard digits.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for digit in digits.dropLast(padding) {
            guard let value = base64Value(digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    private static func base64Value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x41...0x5A: digit - 0x41
        case 0x61...0x7A: digit - 0x61 + 26
        case 0x30...0x39: digit - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
