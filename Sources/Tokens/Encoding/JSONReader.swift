/// Why a text is not JSON as a token may carry it, and where.
public struct JSONError: Error, Equatable {
    public enum Reason: Sendable, Equatable {
        case notUTF8, tooDeep, tooMany, unexpectedEnd, unexpectedByte, badEscape, badNumber, duplicateMember
        case trailingBytes
    }

    public let reason: Reason
    /// In bytes from the start.
    public let position: Int
}

/// A strict reader of JSON (RFC 8259) for hostile input: valid UTF-8 without a byte order mark, no member twice in an
/// object, no lone surrogates, bounded depth, nothing after the value. The caller bounds the size.
public struct JSONReader {
    /// What is read of a text.
    public struct Limits: Sendable {
        /// Arrays and objects within each other.
        public var depth: Int
        /// Values of any kind: what a reader of long texts bounds its memory with.
        public var values: Int

        public init(depth: Int = 12, values: Int = .max) {
            self.depth = depth
            self.values = values
        }
    }

    /// The longest number, in characters.
    static let longestNumber = 64

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private var count = 0
    private let limits: Limits

    /// Reads one value that is the whole text.
    public static func read(_ bytes: [UInt8], within limits: Limits = Limits()) throws(JSONError) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw JSONError(reason: .notUTF8, position: 0) }
        var reader = JSONReader(bytes: bytes, limits: limits)
        reader.skipWhiteSpace()
        let value = try reader.value()
        reader.skipWhiteSpace()
        guard reader.position == bytes.count else { throw reader.error(.trailingBytes) }
        return value
    }

    private init(bytes: [UInt8], limits: Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, position: position)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipWhiteSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take() throws(JSONError) -> UInt8 {
        guard let byte = next else { throw error(.unexpectedEnd) }
        position += 1
        return byte
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard let found = next else { throw error(.unexpectedEnd) }
        guard found == byte else { throw error(.unexpectedByte) }
        position += 1
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        count += 1
        guard count <= limits.values else { throw error(.tooMany) }
        switch next {
        case nil: throw error(.unexpectedEnd)
        case UInt8(ascii: "{"): return try nested { reader throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) { try expect(byte) }
        return value
    }

    // MARK: Structures

    private mutating func nested(
        _ body: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard depth < limits.depth else { throw error(.tooDeep) }
        depth += 1
        position += 1
        skipWhiteSpace()
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        if takes(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipWhiteSpace()
            let name = try string()
            // Also names that Unicode calls equivalent: nobody should have to know which one wins.
            guard names.insert(name).inserted else { throw error(.duplicateMember) }
            skipWhiteSpace()
            try expect(UInt8(ascii: ":"))
            skipWhiteSpace()
            members.append(.init(name: name, value: try value()))
            skipWhiteSpace()
        } while takes(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        if takes(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            skipWhiteSpace()
            elements.append(try value())
            skipWhiteSpace()
        } while takes(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return .array(elements)
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while true {
            let byte = try take()
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text += UTF8.encode(try escape()).map(Array.init) ?? []
            case 0..<0x20:
                throw error(.unexpectedByte)
            default:
                text.append(byte)
            }
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        switch try take() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error(.badEscape)
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        var code = try fourHexadecimalDigits()
        if (0xD800...0xDBFF).contains(code) {
            try expect(UInt8(ascii: "\\"))
            try expect(UInt8(ascii: "u"))
            let low = try fourHexadecimalDigits()
            guard (0xDC00...0xDFFF).contains(low) else { throw error(.badEscape) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        // Nil for a low surrogate that stands alone.
        guard let scalar = Unicode.Scalar(code) else { throw error(.badEscape) }
        return scalar
    }

    private mutating func fourHexadecimalDigits() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = try take().hexadecimalDigit else { throw error(.badEscape) }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> String {
        let start = position
        _ = takes(UInt8(ascii: "-"))
        if !takes(UInt8(ascii: "0")) { try digits() }
        if takes(UInt8(ascii: ".")) { try digits() }
        if takes(UInt8(ascii: "e")) || takes(UInt8(ascii: "E")) {
            if !takes(UInt8(ascii: "+")) { _ = takes(UInt8(ascii: "-")) }
            try digits()
        }
        guard position - start <= Self.longestNumber else { throw error(.badNumber) }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw error(next == nil ? .unexpectedEnd : .unexpectedByte) }
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in either letter case; nil for any other character.
    var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
