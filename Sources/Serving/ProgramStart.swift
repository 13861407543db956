import CProcess
import NIOCore

/// What a program that holds keys does before anything else, while it has one thread.
package enum ProgramStart {
    /// Keeps memory out of core dumps and other processes' reach, and freed memory at hand; turns crash reports off, and sets
    /// up what counts.
    ///
    /// - Parameter takeSecrets: takes what is secret out of the environment.
    package static func protectProcess(takeSecrets: () -> Void = {}) {
        keyway_process_protect()
        keyway_process_keep_memory()
        takeSecrets()
        CrashReports.withhold()
        _ = ServiceMetrics.registry
        useGivenProcessors()
    }

    /// One event loop for each processor that the process was given: more would only take turns.
    private static func useGivenProcessors() {
        let given = Int(keyway_process_processors())
        if given > 0 { NIOSingletons.groupLoopCountSuggestion = min(given, System.coreCount) }
    }
}
