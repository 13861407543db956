import Glibc

/// The right to run jobs of a data folder: one process at a time. The kernel frees it when the process ends, however.
final class WorkerLock {
    private let descriptor: Int32

    /// Takes the lock; nil when another process has it.
    ///
    /// - Throws: `JobFailure` when the file cannot be opened.
    init?(path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw JobFailure(.storageFailed, "cannot open '\(path)': \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit {
        close(descriptor)
    }
}
