import Foundation
import Glibc
import KeyServer

/// A folder of files on their way, for this user alone; removed with all of them. What a process that died has left is removed
/// by the next one.
final class SpoolFolder: Sendable {
    private static let prefix = "keyway-package-"
    /// One that was made just now may not be locked yet. In seconds.
    private static let youth: TimeInterval = 60

    private let path: String
    /// Holds the lock, which ends with the process.
    private let descriptor: Int32

    init() throws {
        let parent = FileManager.default.temporaryDirectory.path
        Self.removeOrphans(parent)
        path = "\(parent)/\(Self.prefix)\(UUID().uuidString.lowercased())"
        guard mkdir(path, 0o700) == 0 else { throw Self.failure(path) }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw Self.failure(path) }
    }

    deinit {
        // What cannot be removed now is removed by the next one.
        try? FileManager.default.removeItem(atPath: path)
        if descriptor >= 0 { close(descriptor) }
    }

    func newPath() -> String { "\(path)/\(UUID().uuidString.lowercased())" }

    private static func removeOrphans(_ parent: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let descriptor = open("\(parent)/\(name)", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var facts = stat()
            guard fstat(descriptor, &facts) == 0, facts.st_uid == geteuid(),
                Date().timeIntervalSince1970 - TimeInterval(facts.st_mtim.tv_sec) > youth,
                flock(descriptor, LOCK_EX | LOCK_NB) == 0
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(.cannotCreate, "cannot make '\(path)': \(String(cString: strerror(errno)))")
    }
}
