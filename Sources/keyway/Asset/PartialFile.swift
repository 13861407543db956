import Catalog
import Crypto
import Foundation
import KeyServer

/// A file on its way: `NAME.part` until it is whole. Owned by one task.
final class PartialFile {
    private let path: String
    private let size: UInt64
    private let handle: FileHandle
    private var hash = SHA256()
    /// In bytes, with what an earlier run wrote.
    private(set) var written: UInt64 = 0

    private var part: String { path + ".part" }

    /// Goes on with what is there: it is read, since all of it is held against the hash in the end.
    ///
    /// - Parameter permissions: of a file that is made.
    init(path: String, size: UInt64, permissions: Int = 0o600) throws {
        self.path = path
        self.size = size
        let part = path + ".part"
        guard
            FileManager.default.fileExists(atPath: part)
                || FileManager.default.createFile(
                    atPath: part, contents: nil, attributes: [.posixPermissions: permissions]),
            let handle = FileHandle(forUpdatingAtPath: part)
        else { throw CommandFailure(.cannotCreate, "cannot make '\(part)'") }
        self.handle = handle
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
            hash.update(data: piece)
            written += UInt64(piece.count)
        }
        guard written <= size else {
            throw CommandFailure(.badData, "'\(part)' is longer than the file: it is of another one; remove it")
        }
    }

    func append(_ bytes: [UInt8]) throws {
        guard UInt64(bytes.count) <= size - written else {
            throw CommandFailure(.inputOutput, "more bytes came than the \(size) of the file")
        }
        do {
            try handle.write(contentsOf: Data(bytes))
        } catch {
            throw CommandFailure(.inputOutput, "cannot write '\(part)': \(SystemReason.text(error))")
        }
        hash.update(data: bytes)
        written += UInt64(bytes.count)
    }

    /// Gives it its name.
    ///
    /// - Parameters:
    ///   - sha256: that it must have, in hexadecimal digits; nil where nobody knows.
    ///   - isDurable: false where many files are made durable together.
    /// - Returns: the SHA-256 that it has.
    @discardableResult
    func finish(sha256: String?, isDurable: Bool = true) throws -> String {
        guard written == size else {
            throw CommandFailure(
                .unavailable, "\(written) of \(size) bytes came: the same command goes on there")
        }
        let found = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        guard sha256 == nil || sha256 == found else {
            try? FileManager.default.removeItem(atPath: part)
            throw CommandFailure(
                .badData, "the SHA-256 of what came is \(found) instead of \(sha256 ?? ""): it was not kept")
        }
        do {
            if isDurable { try handle.synchronize() }
            try handle.close()
        } catch {
            throw CommandFailure(.inputOutput, "cannot write '\(part)': \(SystemReason.text(error))")
        }
        guard rename(part, path) == 0 else {
            throw CommandFailure(.cannotCreate, "cannot name '\(path)'")
        }
        return found
    }
}
