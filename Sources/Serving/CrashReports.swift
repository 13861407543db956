import Glibc

/// What a crash leaves behind: nothing that could hold a key.
package enum CrashReports {
    /// Signals that end a program that went wrong.
    private static let signals = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP]

    /// Turns core files off, and the Swift runtime's crash reports, which print the memory that registers point at. Who
    /// needs a report asks for it: a process started with `SWIFT_BACKTRACE` set keeps what that says.
    package static func withhold() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        guard getenv("SWIFT_BACKTRACE") == nil else { return }
        for signal in signals { _ = Glibc.signal(signal, SIG_DFL) }
    }
}
