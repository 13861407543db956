import CSandbox
import EncoderProtocol
import Foundation
import Glibc
import TrackOutput

/// The rights that this program takes from itself before it reads a byte of anybody's media.
enum Confinement {
    /// - Returns: what this machine cannot do, for the operator.
    /// - Throws: `EncodingFailure` when the limits cannot be set.
    static func enter(_ limits: EncoderLimits) throws -> [String] {
        guard keyway_limit_process(UInt64(limits.memory), UInt64(limits.processorTime)) == 0 else {
            throw EncodingFailure(.internalError, "the limits cannot be set")
        }
        let files = keyway_forbid_files()
        let calls = keyway_forbid_system_calls()
        // Either wall does; that Landlock is missing behind a filter is not worth a word with every job.
        guard calls != 0 else { return [] }
        let behind = files == 0 ? "; files and the network are closed by Landlock" : ""
        return ["system calls cannot be filtered here: \(String(cString: strerror(calls)))\(behind)"]
    }

    /// Confines this process and tries what it must not be able to do; prints a line for each.
    ///
    /// - Returns: the exit code: 0 when everything is refused.
    static func report() -> Int32 {
        let landlock = keyway_forbid_files()
        let calls = keyway_forbid_system_calls()
        let limits = keyway_limit_process(1 << 30, 60)
        print("landlock \(landlock == 0 ? "in force" : String(cString: strerror(landlock)))")
        print("filter \(calls == 0 ? "in force" : String(cString: strerror(calls)))")
        print("limits \(limits == 0 ? "in force" : String(cString: strerror(limits)))")
        var isTight = true
        for (name, attempt) in attempts {
            let result = attempt()
            let failure = errno
            isTight = isTight && result < 0
            print("\(name) \(result < 0 ? "refused: \(String(cString: strerror(failure)))" : "ALLOWED")")
        }
        fflush(nil)
        return isTight ? 0 : 1
    }

    private static var attempts: [(String, () -> Int)] {
        [
            ("open", { Int(open("/etc/passwd", O_RDONLY)) }),
            ("create", { Int(open("/tmp/keyway-confinement", O_RDWR | O_CREAT, 0o600)) }),
            ("remove", { Int(unlink("/tmp/keyway-confinement")) }),
            ("list", { opendir("/") == nil ? -1 : 0 }),
            ("socket", { Int(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }),
            ("local-socket", { Int(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)) }),
            ("signal", { Int(kill(getppid(), 0)) }),
            ("thread-signal", { Int(keyway_signal_thread(getppid(), 0)) }),
            ("later-signal", { Int(fcntl(STDOUT_FILENO, F_SETOWN, getppid())) }),
            ("shared-memory", { Int(shmget(IPC_PRIVATE, 4096, 0o1600)) }),
            ("memory", { mmap(nil, 2 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0 }),
            (
                "program",
                {
                    var child: pid_t = 0
                    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
                    defer { free(arguments[0]) }
                    let failure = posix_spawn(&child, "/bin/true", nil, nil, &arguments, nil)
                    errno = failure
                    return failure == 0 ? 0 : -1
                }
            ),
        ]
    }
}
