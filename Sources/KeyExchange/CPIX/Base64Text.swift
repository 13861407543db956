import ContentKeys
import Foundation

/// `xs:base64Binary` (XML Schema 1.0 part 2, 3.2.16): white space is free, everything else is strict.
enum Base64Text {
    /// Decodes into memory that is zeroed; nil for text that is not base64, or longer than `limit` bytes.
    static func decode(_ text: UnsafeRawBufferPointer, limit: Int = 1 << 20) -> ZeroedBytes? {
        var failed = false
        let result = ZeroedBytes(capacity: min(text.count / 4 * 3 + 3, limit)) { output in
            var (held, bits, written, padding, digits) = (UInt32(0), 0, 0, 0, 0)
            for byte in text where ![0x09, 0x0A, 0x0D, 0x20].contains(byte) {
                digits += 1
                if byte == UInt8(ascii: "=") {
                    padding += 1
                    continue
                }
                guard padding == 0, let value = value(byte) else {
                    failed = true
                    return written
                }
                held = (held << 6 | value) & 0xFFFF
                bits += 6
                guard bits >= 8 else { continue }
                bits -= 8
                guard written < output.count else {
                    failed = true
                    return written
                }
                output[written] = UInt8(truncatingIfNeeded: held >> bits)
                written += 1
            }
            // Whole groups, padded as they must be, and no bits that mean nothing.
            failed = digits % 4 != 0 || padding > 2 || bits != padding * 2 || held & ((1 << bits) - 1) != 0
            return written
        }
        return failed ? nil : result
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x61...0x7A: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension ZeroedBytes {
    /// For bytes that are no secret.
    var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// For the answer to who may have them.
    var base64: String { withUnsafeBytes { Data($0).base64EncodedString() } }
}
