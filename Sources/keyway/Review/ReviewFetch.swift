import Adapters
import AdminClient
import Administration
import ArgumentParser
import AssetFiles
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
            try part.close()
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

/// A file that was not there before, for its owner only.
private final class NewCopy {
    private let path: String
    private let handle: FileHandle

    init(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.cannotCreate, "cannot make '\(path)', or it is there already")
        }
        self.path = path
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func append(_ bytes: [UInt8]) throws { try handle.write(contentsOf: Data(bytes)) }
    func close() throws { try handle.close() }

    /// What was begun is nobody's.
    func remove() { unlink(path) }
}
