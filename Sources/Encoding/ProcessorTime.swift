import EncoderProtocol
import Glibc
import TrackOutput

/// The limit on processor time, seen from within: the kernel ends a process that is over its hard limit without a word, so
/// the work stops with one before that.
enum ProcessorTime {
    /// Seconds of processor time that are left for saying so.
    private static let margin = 2

    static func refuseWhenUsedUp() throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(Int32.max)
        else { return }
        var used = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 else { return }
        guard used.tv_sec + margin < Int(limit.rlim_cur) else {
            throw EncodingFailure(.limitExceeded, "it took more than \(used.tv_sec) s of processor time")
        }
    }
}
