import Glibc

/// The right to run jobs of a data folder: one process at a time. The kernel frees it when the process ends, however.
final class WorkerLock {
    private let descriptor: Int32

    private init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Takes the lock; nil when another process has it.
    ///
    /// Not a failable initialiser: leaving one after the last property is set runs `deinit`, and a descriptor that is
    /// closed there and on the way out is closed twice, the second time perhaps as a file of another thread.
    ///
    /// - Throws: `JobFailure` when the file cannot be opened or its file system knows no locks.
    static func take(path: String) throws -> WorkerLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        let lock = WorkerLock(owning: descriptor)
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return lock }
        guard errno == EWOULDBLOCK || errno == EINTR else { throw failure("lock", path) }
        return nil
    }

    private static func failure(_ verb: String, _ path: String) -> JobFailure {
        JobFailure(.storageFailed, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }
}
