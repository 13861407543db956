import Foundation
import Glibc

/// What the engine does with folders.
enum Folder {
    /// Makes a folder of mode 0700, unless it is there.
    static func make(_ path: String) throws {
        guard mkdir(path, 0o700) != 0 else { return }
        guard errno == EEXIST else { throw refusal("cannot make '\(path)'") }
    }

    /// The names in a folder, sorted.
    static func entries(_ path: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw MediaStorageError(.inputOutput, "cannot list '\(path)'")
        }
    }

    static func remove(_ path: String) throws {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw MediaStorageError(.inputOutput, "cannot remove '\(path)'")
        }
    }

    /// Makes the folder's entries durable.
    static func synchronize(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MediaStorageError(.inputOutput, "cannot open '\(path)': \(reason())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw refusal("cannot make '\(path)' durable")
        }
    }

    /// What it means that the system did not take what was to be written, as `errno` says.
    static func refusal(_ what: String) -> MediaStorageError {
        let code: MediaStorageError.Code =
            switch errno {
            case ENOSPC, EDQUOT: .full
            case EROFS: .unavailable
            default: .inputOutput
            }
        return MediaStorageError(code, "\(what): \(reason())")
    }

    static func reason() -> String {
        String(cString: strerror(errno))
    }
}
