import Foundation
import Glibc
import KeyWrapping

/// The token's file, read for each use: whoever replaces it (an agent, an operator) is believed at once.
struct TransitToken: Sendable {
    static let maximumLength = 8 << 10

    let path: String

    /// What tells one content of the file from the next.
    struct Identity: Hashable {
        var inode: UInt
        var seconds: Int
        var nanoseconds: Int
        var size: Int
    }

    /// Nil when the file is not there.
    var identity: Identity? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Identity(
            inode: UInt(facts.st_ino), seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec,
            size: Int(facts.st_size))
    }

    /// - Throws: `KEKError` when the file is missing, open to everybody, or holds no token.
    func read() throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw KEKError("cannot read kek.transit.tokenFile '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw KEKError("kek.transit.tokenFile '\(path)' is not a file")
        }
        guard facts.st_mode & 0o007 == 0 else {
            throw KEKError("kek.transit.tokenFile '\(path)' can be read by everybody; run: chmod o= '\(path)'")
        }
        var bytes = [UInt8](repeating: 0, count: Self.maximumLength)
        defer { bytes.zero() }
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        let token = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        // A token stands in a header field: nothing else may get there.
        guard !token.isEmpty, count < Self.maximumLength, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw KEKError("kek.transit.tokenFile '\(path)' does not hold a token")
        }
        return token
    }
}
