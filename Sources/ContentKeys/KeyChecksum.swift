import Foundation

/// The PlayReady AES key checksum, by which two sides see that they hold the same key under the same KID: the first 8
/// bytes of the GUID (in little-endian order) encrypted under the key in AES-ECB. It tells nothing else of the key.
public struct KeyChecksum: Hashable, Sendable {
    /// In bytes.
    public static let size = 8

    public let bytes: [UInt8]

    /// From 8 bytes; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = Array(bytes)
    }

    /// From base64 with padding, as reports and PlayReady headers write it.
    public init?(base64: String) {
        guard let data = Data(base64Encoded: base64) else { return nil }
        self.init(bytes: data)
    }

    public var base64: String { Data(bytes).base64EncodedString() }
}

extension KeyChecksum: CustomStringConvertible {
    public var description: String { base64 }
}

extension KeyChecksum: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = KeyChecksum(base64: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a key checksum"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(base64)
    }
}
