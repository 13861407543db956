import HTTPSurface
package import Logging
package import Settings
import Synchronization

/// The form of what this process says on standard error: its log, and what ends it.
package enum ServiceLog {
    private static let chosen = Mutex(LogForm.text)

    package static var form: LogForm { chosen.withLock { $0 } }

    /// From now on.
    package static func use(_ form: LogForm) {
        chosen.withLock { $0 = form }
    }

    /// What the environment says, before the configuration is read: what is wrong with that is said in the same form.
    package static func use(environment: [String: String]) {
        if let word = environment[ConfigurationFile.variable(of: "log")], let form = LogForm(rawValue: word) {
            use(form)
        }
    }

    /// A program's log.
    package static func logger(_ label: String) -> Logger {
        let form = Self.form
        var logger = Logger(label: label) { label -> any LogHandler in
            if form == .json { return JSONLogHandler(label: label) }
            return StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = .notice
        return logger
    }
}
