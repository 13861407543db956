import Glibc

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses (`::ffff:a.b.c.d`, RFC 4291, 2.5.5.2) are IPv4 here, so that one
/// client has one address.
public struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// From 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isMapped = bytes.count == 16 && bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10..<12] == [0xFF, 0xFF]
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
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
    public var bitCount: Int { bytes.count * 8 }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952 as the C library writes it).
    public var description: String {
        let text = String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { text in
            let family = bytes.count == 4 ? AF_INET : AF_INET6
            guard inet_ntop(family, bytes, text.baseAddress, socklen_t(INET6_ADDRSTRLEN)) != nil else { return 0 }
            return text.firstIndex(of: 0) ?? 0
        }
        return text.isEmpty ? "invalid address" : text
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
        guard network.bytes == Self.masked(network.bytes, length) else { return nil }
    }

    /// Whether an address lies in the block. An address of the other family never does.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == network.bytes.count else { return false }
        return zip(address.bytes, network.bytes).enumerated().allSatisfy { position, pair in
            pair.0 & Self.mask(position, prefixLength) == pair.1
        }
    }

    private static func masked(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { position, byte in byte & mask(position, length) }
    }

    /// What is kept of one byte.
    private static func mask(_ position: Int, _ length: Int) -> UInt8 {
        let kept = min(max(length - position * 8, 0), 8)
        return kept == 0 ? 0 : 0xFF << UInt8(8 - kept)
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
