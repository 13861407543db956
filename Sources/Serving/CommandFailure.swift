package import Settings

/// A verb that could not do its job: what a person reads, and the exit code that a script reads (sysexits.h).
package struct CommandFailure: Error {
    package enum Code: Int32 {
        /// The command line itself is wrong.
        case usage = 64
        case badData = 65
        case noInput = 66
        case unavailable = 69
        case software = 70
        case cannotCreate = 73
        case inputOutput = 74
        /// What was asked for waits for something.
        case tryLater = 75
        case notPermitted = 77
    }

    package var code: Code
    package var message: String
    /// Whether the program's name goes before the message; not before a list of places in files, which other programs read.
    package var namesProgram = true

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A configuration that is not there, or that cannot be used.
    package init(_ error: ConfigurationError) {
        self.init(error.isAbsence ? .noInput : .badData, error.description)
    }

    /// As a person reads it.
    package func text(of program: String) -> String {
        namesProgram ? "\(program): \(message)" : message
    }
}
