/// The identifier of a content key (KID): a UUID in textual (big-endian) byte order, as in `default_KID`, in `tenc` and
/// in URLs. PlayReady's little-endian GUID order is `littleEndianBytes`.
public struct KeyID: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// From 16 bytes in textual order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// From text: 32 hexadecimal digits in any letter case, either without dashes or dashed 8-4-4-4-12.
    /// Nothing else is accepted: no braces, no white space, no `urn:` prefix.
    public init?(_ text: String) {
        var text = text
        guard let read = text.withUTF8({ Self.read($0) }) else { return nil }
        self = read
    }

    /// The same of text that is not a string yet.
    public init?(text: UnsafeBufferPointer<UInt8>) {
        guard let read = Self.read(text) else { return nil }
        self = read
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>) -> KeyID? {
        guard text.count == 32 || text.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for position in text.indices {
            if text.count == 36, isDash(position) {
                guard text[position] == dash else { return nil }
                continue
            }
            guard let digit = text[position].hexadecimalValue else { return nil }
            (high, low) = (high << 4 | low >> 60, low << 4 | UInt64(digit))
        }
        return KeyID(high: high, low: low)
    }

    /// Whether a dash stands at this place of the dashed text.
    private static func isDash(_ position: Int) -> Bool {
        position == 8 || position == 13 || position == 18 || position == 23
    }

    private static let dash = UInt8(ascii: "-")

    /// A random (version 4) UUID from the system's generator.
    public static func random() -> KeyID {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return KeyID(high: high, low: low)
    }

    /// The UUID's version (RFC 9562, 4.2). Keyway gives version 4 to random KIDs and version 8 to those of a key seed.
    public var version: Int { Int(high >> 12 & 0xF) }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The 16 bytes in textual order.
    public var bytes: [UInt8] {
        [high, low].flatMap { word in stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    /// The 16 bytes of the GUID as .NET and PlayReady order them: the first three groups little-endian.
    public var littleEndianBytes: [UInt8] {
        let bytes = bytes
        return Self.littleEndianOrder.map { bytes[$0] }
    }

    /// From the 16 bytes of a little-endian GUID; nil for any other count.
    public init?(littleEndianBytes: some Collection<UInt8>) {
        let bytes = Array(littleEndianBytes)
        guard bytes.count == 16 else { return nil }
        self.init(bytes: Self.littleEndianOrder.map { bytes[$0] })
    }

    /// Its own inverse.
    private static let littleEndianOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

    /// 32 lower-case hexadecimal digits.
    public var hexadecimal: String { text(isDashed: false) }

    /// Of the canonical text, in characters.
    public static let textLength = 36

    private func text(isDashed: Bool) -> String {
        String(unsafeUninitializedCapacity: Self.textLength) { text in
            write(isDashed: isDashed, to: text)
            return isDashed ? Self.textLength : 32
        }
    }

    /// The canonical text as UTF-8, for the time of the call: every decision on a key is written down with its KID.
    public func withText(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textLength) { text in
            write(isDashed: true, to: text)
            body(UnsafeBufferPointer(rebasing: text[..<Self.textLength]))
        }
    }

    /// - Parameter text: has room for 36 bytes, or for 32 without dashes.
    private func write(isDashed: Bool, to text: UnsafeMutableBufferPointer<UInt8>) {
        var (high, low) = (high, low)
        for position in 0..<(isDashed ? 36 : 32) {
            if isDashed, Self.isDash(position) {
                text[position] = Self.dash
            } else {
                text[position] = UInt8(hexadecimalDigit: UInt8(high >> 60))
                (high, low) = (high << 4 | low >> 60, low << 4)
            }
        }
    }
}

extension KeyID: CustomStringConvertible, LosslessStringConvertible {
    /// The canonical text: lower case, dashed.
    public var description: String { text(isDashed: true) }
}

extension KeyID: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = KeyID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a KID"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension UInt8 {
    /// Lower case.
    fileprivate init(hexadecimalDigit value: UInt8) {
        self = value < 10 ? 0x30 + value : 0x61 - 10 + value
    }

    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
