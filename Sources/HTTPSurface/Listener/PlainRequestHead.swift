import Foundation
import NIOCore

/// The head of an HTTP/1.1 request (RFC 9112, 2.1), read in place when it is as plain as nearly all are: lines that end in
/// CR LF, ASCII only, no folding, no transfer coding, no upgrade, a connection that stays, and each field that has a
/// meaning here at most once. Whatever else there is, is for the HTTP decoder to judge: this reader refuses nothing.
struct PlainRequestHead {
    enum Reading {
        case whole(PlainRequestHead)
        /// More bytes are needed.
        case unfinished
        /// Not plain: the decoder's.
        case other
    }

    /// The fields that have a meaning here.
    enum Field: Int {
        case host, authorization, origin, contentLength, forwarded, forwardedFor, cookie
        case range, ifRange, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince

        /// Those that ask for a part, or for an answer only under a condition (RFC 9110, 13.1 and 14.2).
        static let conditions: [Field] = [
            .range, .ifRange, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince,
        ]
    }

    let method: FastRequest.Method
    let target: Range<Int>
    /// In bytes, up to the body.
    fileprivate(set) var length = 0
    /// Of the body, in bytes; 0 where there is none.
    fileprivate(set) var bodyLength = 0
    private var places = InlineArray<13, Range<Int>?>(repeating: nil)

    /// Whether there is any of `Field.conditions`.
    private(set) var hasConditions = false

    /// Where a field's value lies; nil when it is not there.
    subscript(field: Field) -> Range<Int>? { places[field.rawValue] }

    static func read(_ bytes: UnsafeRawBufferPointer, within limits: ConnectionLimits) -> Reading {
        guard let line = line(of: bytes, from: 0) else { return unfinished(bytes, limits) }
        guard case .some(var head) = line.flatMap({ PlainRequestHead(requestLine: $0, of: bytes) }) else {
            return .other
        }
        guard let line, line.count <= limits.fieldSize else { return .other }
        var position = line.upperBound &+ 2
        var count = 0
        while true {
            guard let line = Self.line(of: bytes, from: position) else { return unfinished(bytes, limits) }
            guard let line, line.count <= limits.fieldSize, count <= limits.fieldCount else { return .other }
            position = line.upperBound &+ 2
            guard position <= limits.headSize else { return .other }
            if line.isEmpty { break }
            guard head.take(line, of: bytes) else { return .other }
            count &+= 1
        }
        head.length = position
        guard head[.host] != nil, head.takeLength(of: bytes) else { return .other }
        return .whole(head)
    }

    private static func unfinished(_ bytes: UnsafeRawBufferPointer, _ limits: ConnectionLimits) -> Reading {
        bytes.count > limits.headSize ? .other : .unfinished
    }

    /// A line without its end; inner nil for one that does not end in CR LF, outer nil when its end has not come.
    private static func line(of bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>?? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
        else { return nil }
        let end = UnsafeRawPointer(found) - base
        guard end > start, bytes[end - 1] == UInt8(ascii: "\r") else { return .some(nil) }
        return start..<end - 1
    }

    /// `GET /… HTTP/1.1`.
    private init?(requestLine line: Range<Int>, of bytes: UnsafeRawBufferPointer) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[line])
        guard let space = text.firstIndex(of: UInt8(ascii: " ")), text.hasSuffix(" HTTP/1.1"),
            let method = Self.method(UnsafeRawBufferPointer(rebasing: text[..<space]))
        else { return nil }
        let start = space + 1
        let end = text.count - " HTTP/1.1".utf8.count
        guard start < end, text[start] == UInt8(ascii: "/"),
            text[start..<end].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.method = method
        target = line.lowerBound + start..<line.lowerBound + end
    }

    private static func method(_ text: UnsafeRawBufferPointer) -> FastRequest.Method? {
        if text.isExactly("GET") { return .get }
        if text.isExactly("POST") { return .post }
        if text.isExactly("HEAD") { return .head }
        return text.isExactly("OPTIONS") ? .options : nil
    }

    /// One field line (RFC 9112, 5); false when it is not plain.
    private mutating func take(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        let text = UnsafeRawBufferPointer(rebasing: bytes[line])
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
        let name = UnsafeRawBufferPointer(rebasing: text[..<colon])
        guard name.allSatisfy(\.isToken) else { return false }
        var (start, end) = (colon + 1, text.count)
        while start < end, text[start].isBlank { start += 1 }
        while end > start, text[end - 1].isBlank { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: text[start..<end])
        guard value.isFieldText else { return false }
        switch Self.meaning(of: name) {
        case .none: return true
        case .other: return false
        case .connection: return value.equals("keep-alive")
        case .field(let field):
            guard places[field.rawValue] == nil else { return false }
            if field.rawValue >= Field.range.rawValue { hasConditions = true }
            places[field.rawValue] = line.lowerBound + start..<line.lowerBound + end
            return true
        }
    }

    private enum Meaning {
        case none, connection
        /// Takes the decoder and the router.
        case other
        case field(Field)
    }

    private static func meaning(of name: UnsafeRawBufferPointer) -> Meaning {
        // By length first: most fields are none of these.
        switch name.count {
        case 2: name.equals("te") ? .other : .none
        case 4: name.equals("host") ? .field(.host) : .none
        case 5: name.equals("range") ? .field(.range) : .none
        case 6:
            name.equals("origin")
                ? .field(.origin)
                : name.equals("cookie") ? .field(.cookie) : name.equals("expect") ? .other : .none
        case 7: name.equals("upgrade") || name.equals("trailer") ? .other : .none
        case 8:
            name.equals("if-match") ? .field(.ifMatch) : name.equals("if-range") ? .field(.ifRange) : .none
        case 9: name.equals("forwarded") ? .field(.forwarded) : .none
        case 10: name.equals("connection") ? .connection : .none
        case 13:
            name.equals("authorization")
                ? .field(.authorization) : name.equals("if-none-match") ? .field(.ifNoneMatch) : .none
        case 14: name.equals("content-length") ? .field(.contentLength) : .none
        case 15: name.equals("x-forwarded-for") ? .field(.forwardedFor) : .none
        case 16: name.equals("proxy-connection") || name.equals("content-encoding") ? .other : .none
        case 17:
            name.equals("transfer-encoding")
                ? .other : name.equals("if-modified-since") ? .field(.ifModifiedSince) : .none
        case 19: name.equals("if-unmodified-since") ? .field(.ifUnmodifiedSince) : .none
        default: .none
        }
    }

    /// `Content-Length` in at most eight digits; false for anything else.
    private mutating func takeLength(of bytes: UnsafeRawBufferPointer) -> Bool {
        guard let place = self[.contentLength] else { return true }
        guard (1...8).contains(place.count) else { return false }
        for byte in bytes[place] {
            guard (0x30...0x39).contains(byte) else { return false }
            bodyLength = bodyLength &* 10 &+ Int(byte &- 0x30)
        }
        return true
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }

    /// A character of a field's value, as far as it is ASCII (RFC 9110, 5.5).
    fileprivate var isFieldText: Bool { (0x20..<0x7F).contains(self) || self == 0x09 }

    /// A character of a field's name (RFC 9110, 5.6.2).
    fileprivate var isToken: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes at a time, because tokens are long: a byte below 0x20 borrows, 0x7F carries into its highest bit, and above
    /// it is set. What is flagged so is looked at again, byte for byte.
    fileprivate var isFieldText: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var position = 0
        while count - position >= 8 {
            let word = loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let flagged = (word | (word &- ones &* 0x20) | (word &+ ones)) & (ones &* 0x80)
            guard flagged == 0 || self[position..<position + 8].allSatisfy(\.isFieldText) else { return false }
            position += 8
        }
        return self[position...].allSatisfy(\.isFieldText)
    }

    /// Without regard to the letter case of ASCII.
    /// - Parameter text: of small letters and hyphens.
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for position in 0..<count {
            let byte = self[position]
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            guard lower == text.utf8Start[position] else { return false }
        }
        return true
    }

    fileprivate func isExactly(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && baseAddress.map { memcmp($0, text.utf8Start, count) == 0 } ?? true
    }

    fileprivate func hasSuffix(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return count >= length && UnsafeRawBufferPointer(rebasing: suffix(length)).isExactly(text)
    }
}
