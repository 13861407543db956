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
        json.member("keyID", keyID?.description)
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
struct JSONLine {
    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(512)
        bytes.append(UInt8(ascii: "{"))
    }

    /// Adds a member whose name needs no escapes; nothing for nil.
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        begin(name)
        append(string: value)
    }

    mutating func member(_ name: StaticString, _ value: Int64) {
        begin(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Adds the checks of a decision; nothing for nil.
    mutating func member(_ name: StaticString, _ steps: [AuditStep]?) {
        guard let steps else { return }
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (position, step) in steps.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "{"))
            member("c", step.check)
            member("d", step.detail)
            member("o", step.option)
            member("r", step.refusal)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func begin(_ name: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(contentsOf: "\":".utf8)
    }

    private mutating func append(string: String) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { text in
            // Nearly none has anything to escape.
            if text.contains(where: Self.isEscaped) { appendEscaped(text) } else { bytes.append(contentsOf: text) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            if byte < 0x20 {
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.digits[Int(byte >> 4)])
                bytes.append(Self.digits[Int(byte & 15)])
                continue
            }
            if Self.isEscaped(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
