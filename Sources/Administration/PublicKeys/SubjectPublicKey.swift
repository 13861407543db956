import Policies

/// The frame of a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7): enough to tell an RSA key from a P-256 one. The verifier
/// reads the key itself.
enum SubjectPublicKey {
    /// rsaEncryption with NULL parameters (RFC 3279, 2.3.1).
    private static let rsa: [UInt8] = [
        0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    /// id-ecPublicKey with the named curve secp256r1 (RFC 5480, 2.1.1).
    private static let p256: [UInt8] = [
        0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01,
        0x07,
    ]

    /// - Throws: `PublicKeyError` when the bytes are no key of a kind that this version verifies with.
    static func algorithm(of der: [UInt8]) throws(PublicKeyError) -> SignatureAlgorithm {
        var outer = DERReader(der)
        guard let info = outer.read(tag: 0x30), outer.isAtEnd else { throw damaged }
        var inner = DERReader(info)
        guard let identifier = inner.read(tag: 0x30), let bits = inner.read(tag: 0x03), inner.isAtEnd,
            bits.first == 0
        else { throw damaged }
        switch Array(identifier) {
        case rsa:
            try checkModulus(bits.dropFirst())
            return .rs256
        case p256:
            guard bits.count == 66, bits.dropFirst().first == 0x04 else {
                throw PublicKeyError("holds a P-256 key whose point is not written in full")
            }
            return .es256
        default:
            throw PublicKeyError("holds a key of a kind that is not available in this version (RSA, P-256)")
        }
    }

    private static let damaged = PublicKeyError("is damaged: it is no SubjectPublicKeyInfo")

    /// RFC 7518, 3.3: a key of 2048 bits or larger.
    private static func checkModulus(_ key: ArraySlice<UInt8>) throws(PublicKeyError) {
        var outer = DERReader(key)
        guard let numbers = outer.read(tag: 0x30), outer.isAtEnd else { throw damaged }
        var inner = DERReader(numbers)
        guard let modulus = inner.read(tag: 0x02), inner.read(tag: 0x02) != nil, inner.isAtEnd else { throw damaged }
        let magnitude = modulus.drop { $0 == 0 }
        let bits = magnitude.count * 8 - (magnitude.first?.leadingZeroBitCount ?? 0)
        guard (2048...16_384).contains(bits) else {
            throw PublicKeyError("holds an RSA key of \(bits) bits: RS256 asks for 2048 or more")
        }
    }
}

/// Reads DER elements (X.690, 8.1) one after the other; nil for anything that does not fit.
private struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) {
        rest = ArraySlice(bytes)
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func read(tag: UInt8) -> ArraySlice<UInt8>? {
        guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard (1...2).contains(count), rest.count >= count else { return nil }
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(count)
        }
        guard rest.count >= length else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
