import Glibc

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses (`::ffff:a.b.c.d`, RFC 4291, 2.5.5.2) are IPv4 here, so that one
/// client has one address.
public struct IPAddress: Hashable, Sendable {
    /// The address from its first bit on, in network order; zero beyond its last.
    fileprivate let high: UInt64
    fileprivate let low: UInt64
    fileprivate let isIPv4: Bool

    /// From 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        func word(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(IPv4: word(bytes))
        case 16:
            let (high, low) = (word(bytes.prefix(8)), word(bytes.suffix(8)))
            if high == 0, low >> 32 == 0xFFFF {
                self.init(IPv4: low & 0xFFFF_FFFF)
            } else {
                self.init(high: high, low: low, isIPv4: false)
            }
        default: return nil
        }
    }

    private init(IPv4 word: UInt64) {
        self.init(high: word << 32, low: 0, isIPv4: true)
    }

    /// From the textual forms of RFC 4291, 2.2, or dotted decimal with four parts; no zone, port or brackets.
    public init?(_ text: String) {
        // The C function would stop at a NUL and not see what follows it.
        guard !text.utf8.contains(0) else { return nil }
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            self.init(bytes: buffer.prefix(4))
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            self.init(bytes: buffer)
        } else {
            return nil
        }
    }

    /// 32 or 128.
    public var bitCount: Int { isIPv4 ? 32 : 128 }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        (0..<bitCount / 8).map { position in
            UInt8(truncatingIfNeeded: (position < 8 ? high : low) >> UInt64(56 - position % 8 * 8))
        }
    }

    /// The address with zeros behind its first bits.
    fileprivate func masked(to length: Int) -> IPAddress {
        IPAddress(high: high & Self.mask(length), low: low & Self.mask(length - 64), isIPv4: isIPv4)
    }

    private init(high: UInt64, low: UInt64, isIPv4: Bool) {
        (self.high, self.low, self.isIPv4) = (high, low, isIPv4)
    }

    /// The first bits of a word.
    private static func mask(_ length: Int) -> UInt64 {
        // A smart shift by the whole width gives zero.
        length <= 0 ? 0 : ~0 << UInt64(max(64 - length, 0))
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952 as the C library writes it).
    public var description: String {
        if isIPv4 { return dottedText }
        let bytes = bytes
        let text = String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { text in
            guard inet_ntop(AF_INET6, bytes, text.baseAddress, socklen_t(INET6_ADDRSTRLEN)) != nil else { return 0 }
            return text.firstIndex(of: 0) ?? 0
        }
        return text.isEmpty ? "invalid address" : text
    }

    /// Written here because every decision on a key is written down with it.
    private var dottedText: String {
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func append(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            for position in 0..<4 {
                if position > 0 { append(UInt8(ascii: ".")) }
                let part = UInt8(truncatingIfNeeded: high >> UInt64(56 - position * 8))
                if part >= 100 { append(UInt8(ascii: "0") + part / 100) }
                if part >= 10 { append(UInt8(ascii: "0") + part / 10 % 10) }
                append(UInt8(ascii: "0") + part % 10)
            }
            return count
        }
    }
}

extension IPAddress {
    /// What one client has: an IPv4 address, or the /64 of IPv6 within which it can change addresses as it likes.
    public var site: IPAddress {
        guard bytes.count == 16 else { return self }
        return IPAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8)) ?? self
    }
}

/// A CIDR block (RFC 4632, RFC 4291): `192.0.2.0/24`, `2001:db8::/32`, or one address.
public struct AddressBlock: Hashable, Sendable {
    /// The network's address: no bit below the prefix is set.
    public let network: IPAddress
    /// In bits: 0 to 32 or 128.
    public let prefixLength: Int

    /// From text; nil when it is not a block, or when an address bit below the prefix is set (`10.0.0.1/8`), which is
    /// more often a slip than a wish.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        var length = address.bitCount
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let value = Int(digits), value <= address.bitCount, String(value) == digits
            else { return nil }
            length = value
        }
        network = address
        prefixLength = length
        guard network == network.masked(to: length) else { return nil }
    }

    /// Whether an address lies in the block. An address of the other family never does.
    public func contains(_ address: IPAddress) -> Bool {
        address.masked(to: prefixLength) == network
    }
}

extension AddressBlock: CustomStringConvertible {
    public var description: String { "\(network)/\(prefixLength)" }
}

extension AddressBlock: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let block = AddressBlock(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an address block: \(text)"))
        }
        self = block
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
