import Glibc

/// JSON (RFC 8259) that grows piece by piece, without white space and without line breaks.
struct JSONLine: ~Copyable {
    private var line = ByteLine(capacity: 1000)
    /// Whether the object has no member yet.
    private var isEmpty = true

    var bytes: [UInt8] { line.array }

    /// Adds a member to an object whose brace is open; its name needs no escapes.
    mutating func member(_ name: StaticString, _ value: String) {
        begin(name)
        append(string: value)
    }

    mutating func member(_ name: StaticString, _ value: Int64) {
        begin(name)
        append(value)
    }

    private mutating func begin(_ name: StaticString) {
        append(isEmpty ? "\"" : ",\"")
        isEmpty = false
        append(name)
        append("\":")
    }

    /// Adds text of JSON.
    mutating func append(_ text: StaticString) {
        line.append(text)
    }

    mutating func append(_ number: Int64) {
        line.append(String(number))
    }

    /// Adds characters of a string that need no escapes.
    mutating func append(plain text: UnsafeBufferPointer<UInt8>) {
        line.append(text)
    }

    /// Adds a string with its quotes.
    mutating func append(string: String) {
        line.append("\"")
        // Nearly none has anything to escape.
        let isWritten = string.utf8.withContiguousStorageIfAvailable { text in
            guard !Self.needsEscapes(text) else { return false }
            line.append(text)
            return true
        }
        if isWritten != true { appendEscaped(string) }
        line.append("\"")
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Eight bytes at a time: a byte below what is taken from it has the highest bit in the difference. One that borrowed from
    /// its neighbour may have it, too; that only costs the longer way.
    private static func needsEscapes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let bytes = UnsafeRawBufferPointer(text)
        var position = 0
        while bytes.count - position >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let below = (word &- ones &* 0x20) & ~word
            let found = below | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
            guard found & (ones &* 0x80) == 0 else { return true }
            position += 8
        }
        return bytes[position...].contains(where: isEscaped)
    }

    private mutating func appendEscaped(_ text: String) {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            if byte < 0x20 {
                escaped += "\\u00".utf8
                escaped += [Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
                continue
            }
            if Self.isEscaped(byte) { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        escaped.withUnsafeBufferPointer { line.append($0) }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

/// Bytes that grow: as an array does, without asking at each step whether anybody else holds them.
private struct ByteLine: ~Copyable {
    private var memory: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    init(capacity: Int) {
        memory = Self.allocate(capacity)
    }

    deinit {
        free(memory.baseAddress)
    }

    /// Swift's own asks the system for an alignment, which costs more than the memory; where there is none, it says so.
    private static func allocate(_ capacity: Int) -> UnsafeMutableBufferPointer<UInt8> {
        let start = malloc(capacity) ?? UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        return UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: capacity)
    }

    var array: [UInt8] { Array(memory[..<count]) }

    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) {
        // Native text lies in one piece, and is not even held on to for this.
        guard text.utf8.withContiguousStorageIfAvailable({ append($0) }) == nil else { return }
        for byte in text.utf8 { withUnsafeBytes(of: byte) { append($0.bindMemory(to: UInt8.self)) } }
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        if memory.count - count < bytes.count { grow(by: bytes.count) }
        _ = UnsafeMutableBufferPointer(rebasing: memory[count...]).initialize(fromContentsOf: bytes)
        count += bytes.count
    }

    private mutating func grow(by more: Int) {
        let larger = Self.allocate(max(memory.count * 2, count + more))
        _ = larger.initialize(fromContentsOf: memory[..<count])
        free(memory.baseAddress)
        memory = larger
    }
}
