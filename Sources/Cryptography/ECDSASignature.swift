/// ECDSA signatures on P-256: r ‖ s as JWS writes it (RFC 7518, 3.4), and DER as OpenSSL reads it (RFC 3279, 2.2.3).
enum ECDSASignature {
    /// In bytes, each of r and s.
    static let numberSize = 32

    /// The DER form; nil unless there are exactly 64 bytes. Whether r and s are in range is left to the verification.
    static func der(fromRaw raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 2 * numberSize else { return nil }
        let body = integer(raw.prefix(numberSize)) + integer(raw.suffix(numberSize))
        // Two integers of at most 35 bytes: the length always fits one byte.
        return [0x30, UInt8(truncatingIfNeeded: body.count)] + body
    }

    /// A non-negative INTEGER in as few bytes as hold it.
    private static func integer(_ number: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(number.drop { $0 == 0 })
        if (digits.first ?? 0x80) >= 0x80 { digits.insert(0, at: 0) }
        return [0x02, UInt8(truncatingIfNeeded: digits.count)] + digits
    }
}
