import Adapters
import ArgumentParser
import Catalog
import Foundation
import Glibc

struct SecretSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Store a secret; its value comes from standard input or a file, never from the command line.",
        discussion: "A value that starts with hex: or base64: is decoded. Anything else is taken byte for byte.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The secret's name.")
    var name: String

    @Option(help: "Read the value from this file.")
    var fromFile: String?

    private struct Answer: Report {
        var name: String
        var bytes: Int
        var text: String { "stored \(name) (\(bytes) bytes)" }
    }

    func run() async throws {
        guard AssetRecord.isName(name) else {
            throw CommandFailure(.badData, "'\(name)' is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        let secret = try SecretValue(try SecretInput.read(file: fromFile))
        let installation = try await common.open()
        let record = try installation.makeSecret(named: name, value: secret.bytes)
        var event = AuditEvent(time: Date(), action: .secretSet)
        event.detail = name
        try await installation.catalog.apply([.putSecret(record), .audit(event)])
        try Answer(name: name, bytes: secret.bytes.count).print(json: common.json)
    }
}

/// Secrets as they come in from outside.
enum SecretInput {
    /// In bytes.
    static let maximum = 64 << 10

    static func read(file: String?) throws -> [UInt8] {
        let handle: FileHandle
        if let file {
            guard let opened = FileHandle(forReadingAtPath: file) else {
                throw CommandFailure(.noInput, "cannot read '\(file)'")
            }
            handle = opened
        } else {
            handle = .standardInput
        }
        let bytes = try handle.read(upToCount: maximum + 1) ?? Data()
        guard bytes.count <= maximum else { throw CommandFailure(.badData, "the value is longer than 64 KiB") }
        return Array(bytes)
    }

    /// Gives a value, decoded, for the time of a call, and zeroes what was read of it.
    static func withValue<Result>(file: String?, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        var raw = try read(file: file)
        defer { zero(&raw) }
        var value = try SecretValue(raw).bytes
        defer { zero(&value) }
        return try value.withUnsafeBytes(body)
    }

    /// Overwrites bytes in a way that is not optimised away.
    static func zero(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
        }
    }
}

/// The bytes of a secret, decoded when it says `hex:` or `base64:`.
struct SecretValue {
    let bytes: [UInt8]

    init(_ raw: [UInt8]) throws {
        let text = String(decoding: raw, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix("hex:") {
            bytes = try Self.hexadecimal(Array(text.dropFirst(4).utf8))
        } else if text.hasPrefix("base64:") {
            guard let data = Data(base64Encoded: String(text.dropFirst(7))) else {
                throw CommandFailure(.badData, "the value after base64: is not base64")
            }
            bytes = Array(data)
        } else {
            bytes = raw
        }
        guard !bytes.isEmpty else {
            throw CommandFailure(.badData, "the value is empty; give it on standard input or with --from-file")
        }
    }

    private static func hexadecimal(_ digits: [UInt8]) throws -> [UInt8] {
        guard digits.count % 2 == 0 else { throw CommandFailure(.badData, "the value after hex: has an odd length") }
        return try stride(from: 0, to: digits.count, by: 2).map { position in
            let pair = String(decoding: digits[position...(position + 1)], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else {
                throw CommandFailure(.badData, "the value after hex: is not hexadecimal")
            }
            return byte
        }
    }
}
