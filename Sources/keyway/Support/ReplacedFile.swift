import Catalog
import Foundation
import Glibc
import KeyServer

/// A file that is written beside the one that it replaces: whoever opens the name sees the old one or the whole new one.
final class ReplacedFile {
    private let path: String
    private let temporary: String
    private let handle: FileHandle
    private var isComplete = false

    /// - Throws: `CommandFailure` when the folder takes no file.
    init(_ path: String) throws {
        self.path = path
        temporary = "\(path).\(UUID().uuidString.prefix(8)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(.cannotCreate, path) }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    deinit {
        if !isComplete { unlink(temporary) }
    }

    func write(_ text: String) throws {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            throw CommandFailure(.inputOutput, "cannot write '\(path)': \(SystemReason.text(error))")
        }
    }

    /// Makes it durable, and gives it its name.
    func complete() throws {
        guard fsync(handle.fileDescriptor) == 0, rename(temporary, path) == 0 else {
            throw Self.failure(.inputOutput, path)
        }
        isComplete = true
    }

    private static func failure(_ code: CommandFailure.Code, _ path: String) -> CommandFailure {
        CommandFailure(code, "cannot write '\(path)': \(String(cString: strerror(errno)))")
    }
}

/// A file that a verb is given by name.
enum InputFile {
    /// Its text.
    ///
    /// - Throws: `CommandFailure` when it is not there, longer, or not UTF-8.
    static func text(_ path: String, atMost limit: Int) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: limit + 1) else {
            throw CommandFailure(.noInput, "cannot read '\(path)'")
        }
        guard data.count <= limit, let text = String(data: data, encoding: .utf8) else {
            throw CommandFailure(.badData, "'\(path)' is longer than \(limit) bytes or not a text in UTF-8")
        }
        return text
    }
}
