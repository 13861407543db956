import ContentKeys
import Foundation
import Policies

extension AuditEvent {
    /// The event as the chain covers it: one line of JSON (RFC 8259), members in order of their names, times in whole
    /// milliseconds since 1970. Written by hand, because every key request waits for it.
    var canonicalJSON: [UInt8] {
        var json = JSONLine()
        json.member("action", action.rawValue)
        json.member("actor", actor)
        json.member("clientAddress", clientAddress)
        json.member("delivery", delivery?.rawValue)
        json.member("detail", detail)
        json.member("keyID", keyID)
        json.member("option", option)
        json.member("policy", policy)
        json.member("reason", reason)
        json.member("requestID", requestID)
        json.member("steps", steps)
        json.member("time", Int64((time.timeIntervalSince1970 * 1000).rounded()))
        json.member("tokenID", tokenID)
        json.member("tokenIssuer", tokenIssuer)
        json.member("tokenKind", tokenKind?.rawValue)
        json.member("tokenSubject", tokenSubject)
        return json.finished()
    }
}

/// An object of JSON that grows member by member, without white space and without line breaks.
struct JSONLine: ~Copyable {
    private var bytes = ByteLine(capacity: 1000)
    /// Whether the object that is open has no member yet.
    private var isEmpty = true

    init() {
        bytes.append("{")
    }

    /// Adds a member whose name needs no escapes; nothing for nil.
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        begin(name)
        append(string: value)
    }

    mutating func member(_ name: StaticString, _ value: Int64) {
        begin(name)
        bytes.append(String(value))
    }

    mutating func member(_ name: StaticString, _ value: KeyID?) {
        guard let value else { return }
        begin(name)
        bytes.append("\"")
        value.withText { bytes.append($0) }
        bytes.append("\"")
    }

    /// Adds the checks of a decision; nothing for nil.
    mutating func member(_ name: StaticString, _ steps: [AuditStep]?) {
        guard let steps else { return }
        begin(name)
        bytes.append("[")
        for (position, step) in steps.enumerated() {
            bytes.append(position > 0 ? ",{" : "{")
            isEmpty = true
            member("c", step.check)
            member("d", step.detail)
            member("o", step.option)
            member("r", step.refusal)
            bytes.append("}")
        }
        isEmpty = false
        bytes.append("]")
    }

    consuming func finished() -> [UInt8] {
        bytes.append("}")
        return bytes.array
    }

    private mutating func begin(_ name: StaticString) {
        bytes.append(isEmpty ? "\"" : ",\"")
        isEmpty = false
        bytes.append(name)
        bytes.append("\":")
    }

    private mutating func append(string: String) {
        bytes.append("\"")
        // Nearly none has anything to escape.
        let isWritten = string.utf8.withContiguousStorageIfAvailable { text in
            guard !Self.needsEscapes(text) else { return false }
            bytes.append(text)
            return true
        }
        if isWritten != true { appendEscaped(string) }
        bytes.append("\"")
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
        escaped.withUnsafeBufferPointer { bytes.append($0) }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

/// Bytes that grow: as an array does, without asking at each step whether anybody else holds them.
private struct ByteLine: ~Copyable {
    private var memory: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    init(capacity: Int) {
        memory = .allocate(capacity: capacity)
    }

    deinit {
        memory.deallocate()
    }

    var array: [UInt8] { Array(memory[..<count]) }

    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        if memory.count - count < bytes.count { grow(by: bytes.count) }
        _ = UnsafeMutableBufferPointer(rebasing: memory[count...]).initialize(fromContentsOf: bytes)
        count += bytes.count
    }

    private mutating func grow(by more: Int) {
        let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(memory.count * 2, count + more))
        _ = larger.initialize(fromContentsOf: memory[..<count])
        memory.deallocate()
        memory = larger
    }
}
