import Policies

/// The header that a proxy sends before a connection's own bytes (PROXY protocol, versions 1 and 2).
enum ProxyProtocol {
    /// Version 1 in text, version 2 with its fixed part and the most that its length may say here.
    static let longestHeader = 16 + 2048

    enum Outcome: Equatable {
        /// More bytes are needed.
        case incomplete
        /// A whole header.
        /// - `source`: the client; nil for a connection of the proxy's own (`LOCAL`, `UNKNOWN`).
        /// - `length`: in bytes.
        case header(source: IPAddress?, length: Int)
        case malformed
    }

    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// The longest line of version 1, with its end.
    private static let longestLine = 107

    static func parse(_ bytes: [UInt8]) -> Outcome {
        if bytes.first == UInt8(ascii: "P") { return parseLine(bytes) }
        guard signature.starts(with: bytes.prefix(signature.count)) else { return .malformed }
        return bytes.count < 16 ? .incomplete : parseBinary(bytes)
    }

    private static func parseLine(_ bytes: [UInt8]) -> Outcome {
        guard let end = bytes.prefix(longestLine).firstIndex(of: 0x0A) else {
            return bytes.count < longestLine ? .incomplete : .malformed
        }
        guard end > 0, bytes[end - 1] == 0x0D else { return .malformed }
        let words = String(decoding: bytes[..<(end - 1)], as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        guard words.first == "PROXY", words.count >= 2 else { return .malformed }
        if words[1] == "UNKNOWN" { return .header(source: nil, length: end + 1) }
        guard words.count == 6, let source = IPAddress(String(words[2])), IPAddress(String(words[3])) != nil,
            words[4...].allSatisfy({ UInt16($0) != nil })
        else { return .malformed }
        guard words[1] == (String(words[2]).contains(":") ? "TCP6" : "TCP4") else { return .malformed }
        return .header(source: source, length: end + 1)
    }

    private static func parseBinary(_ bytes: [UInt8]) -> Outcome {
        let (command, family) = (bytes[12], bytes[13])
        let length = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
        guard command == 0x20 || command == 0x21, length <= longestHeader else { return .malformed }
        guard bytes.count >= length else { return .incomplete }
        if command == 0x20 { return .header(source: nil, length: length) }
        let size: Int
        switch family {
        case 0x11: size = 4
        case 0x21: size = 16
        default: return .malformed
        }
        guard length >= 16 + 2 * size + 4, let source = IPAddress(bytes: bytes[16..<(16 + size)]) else {
            return .malformed
        }
        return .header(source: source, length: length)
    }
}
