/// A verb that could not do its job: what a person reads, and the exit code that a script reads (sysexits.h).
package struct CommandFailure: Error {
    package enum Code: Int32 {
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

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
