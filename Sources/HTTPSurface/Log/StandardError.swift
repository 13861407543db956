import Glibc
import Synchronization

/// Standard error, where the access log, the service's own log and what a program says before it ends are lines beside each
/// other: what is written at once is not broken by what another thread writes.
public enum StandardError {
    private static let turn = Mutex(())

    /// - Parameter text: whole lines; may block.
    public static func write(_ text: String) {
        turn.withLock { _ in
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                // Nobody reads it any more.
                guard count > 0 else { return }
                bytes = bytes.dropFirst(count)
            }
        }
    }
}
