import Administration
import ArgumentParser
import Catalog
import Foundation
import Glibc
import KeyServer

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

    func run() async throws {
        guard AssetRecord.isName(name) else {
            throw CommandFailure(.usage, "'\(name)' is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        let secret = try SecretValue(try SecretInput.read(file: fromFile))
        // As base64, since a secret need not be a text.
        let value = "base64:" + Data(secret.bytes).base64EncodedString()
        try await common.perform(SetSecret(name: name, value: value)).print(json: common.json)
    }
}

extension SetSecret.Report: Report {
    var text: String { "stored \(name) (\(bytes) bytes)" }
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
