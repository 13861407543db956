import Adapters
import AdminClient
import Administration
import ArgumentParser
import AssetFiles
import Catalog
import Foundation
import Glibc
import KeyServer

struct ReviewFetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Write an original that waits for a decision into a file, to look at it.",
        discussion: """
            Nothing has vouched for what is written: look at it where it can do no harm. That it was taken is audited. Over \
            KEYWAY_URL it takes the role key-admin.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var subject: ReviewSubject

    @Option(name: .shortAndLong, help: "Where it is written; must not exist.")
    var output: String

    private struct Answer: Report {
        var path: String
        var bytes: UInt64
        var text: String { "\(path): \(bytes) bytes" }
    }

    func run() async throws {
        let id = try await subject.resolved(common.makeOperator())
        let part = try NewCopy(output)
        let bytes: UInt64
        do {
            bytes = try await fetch(id, into: part)
            try part.finish()
        } catch {
            part.remove()
            throw error
        }
        try Answer(path: output, bytes: bytes).print(json: common.json)
    }

    /// - Returns: how many bytes it has.
    private func fetch(_ id: String, into copy: NewCopy) async throws -> UInt64 {
        if let (address, token) = try common.server() { return try await fetch(id, into: copy, address, token) }
        do {
            let uploads = try await common.open().makeUploads(common.configuration())
            let original = try await uploads.originalInReview(id, readBy: Installation.localActor)
            for try await piece in original.bytes(0..<original.size) { try copy.append(piece) }
            return original.size
        } catch let error as AssetFileError {
            throw CommandFailure(error.code == .missing ? .noInput : .badData, error.reason)
        }
    }

    private func fetch(
        _ id: String, into copy: NewCopy, _ address: AdminAddress, _ token: String
    ) async throws -> UInt64 {
        let size = try await common.perform(ShowReview(id: id)).size
        let client = DownloadClient(address: address, token: token)
        var received: UInt64 = 0
        let result: Result<Void, any Error>
        do {
            try await client.download(review: id) { piece in
                try copy.append(piece)
                received += UInt64(piece.count)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.shutDown()
        try result.get()
        guard received == size else {
            throw CommandFailure(.unavailable, "\(received) of \(size) bytes came: run the command again")
        }
        return received
    }
}

/// A file that was not there before, for its owner only: `NAME.part` until it is whole, so that a process that is ended leaves
/// nothing that could be taken for the original.
private final class NewCopy {
    private let path: String
    private let handle: FileHandle

    private var part: String { path + ".part" }

    init(_ path: String) throws {
        self.path = path
        guard access(path, F_OK) != 0 else { throw Self.failure(path, EEXIST) }
        let descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path + ".part", errno) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func append(_ bytes: [UInt8]) throws { try writing { try handle.write(contentsOf: Data(bytes)) } }

    private func writing(_ work: () throws -> Void) throws {
        do {
            try work()
        } catch {
            throw CommandFailure(.inputOutput, "cannot write '\(part)': \(SystemReason.text(error))")
        }
    }

    /// Gives it its name, which may have been taken meanwhile.
    func finish() throws {
        try writing {
            try handle.synchronize()
            try handle.close()
        }
        // A second name takes no other file's place, as `rename` would.
        if link(part, path) == 0 {
            remove()
            return
        }
        let reason = errno
        // Not every file system has second names.
        guard [EPERM, ENOTSUP, ENOSYS].contains(reason), access(path, F_OK) != 0, rename(part, path) == 0 else {
            throw Self.failure(path, reason)
        }
    }

    /// What was begun is nobody's.
    func remove() { unlink(part) }

    private static func failure(_ path: String, _ number: Int32) -> CommandFailure {
        let reason =
            number == EEXIST
            ? "it is there already; remove it, or name another one" : String(cString: strerror(number))
        return CommandFailure(.cannotCreate, "cannot make '\(path)': \(reason)")
    }
}
