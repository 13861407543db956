/// ECDSA signatures: r ‖ s as JWS writes it (RFC 7518, 3.4), and DER as OpenSSL reads it (RFC 3279, 2.2.3).
enum ECDSASignature {
    /// The DER form; nil unless there are exactly two numbers of a size, in bytes. Whether r and s are in range is left
    /// to the verification.
    static func der(fromRaw raw: [UInt8], numberSize: Int) -> [UInt8]? {
        guard raw.count == 2 * numberSize else { return nil }
        return DER.sequence(DER.integer(raw.prefix(numberSize)) + DER.integer(raw.suffix(numberSize)))
    }
}

/// The few forms of DER (X.690) that are written here.
enum DER {
    /// A non-negative INTEGER in as few bytes as hold it.
    static func integer(_ number: some Collection<UInt8>) -> [UInt8] {
        var digits = Array(number.drop { $0 == 0 })
        if (digits.first ?? 0x80) >= 0x80 { digits.insert(0, at: 0) }
        return element(0x02, digits)
    }

    static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        repeat {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        } while rest > 0
        if content.count >= 0x80 { length.insert(0x80 | UInt8(truncatingIfNeeded: length.count), at: 0) }
        return [tag] + length + content
    }
}
