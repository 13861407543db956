import Adapters
import Administration
package import ArgumentParser
import Catalog
import Foundation
import Glibc
import HTTPSurface

extension CommandFailure {
    /// Ends a program with the code of an error, after saying it on standard error.
    package static func exit<Program: ParsableCommand>(with error: any Error, of program: Program.Type) -> Never {
        if let failure = CommandFailure(error, program) {
            Terminal.error(failure.text(of: program._commandName))
            Glibc.exit(failure.code.rawValue)
        }
        program.exit(withError: error)
    }

    private init?<Program: ParsableCommand>(_ error: any Error, _ program: Program.Type) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as InstallationError:
            self.init(error.cause == .cannotCreate ? .cannotCreate : .unavailable, error.description)
        case let error as TLSFilesError: self.init(.badData, error.description)
        case let error as ConfigurationError: self.init(error)
        case let error as CocoaError:
            let isAbsent = error.code == .fileNoSuchFile || error.code == .fileReadNoSuchFile
            self.init(isAbsent ? .noInput : .inputOutput, SystemReason.sentence(error))
        case is CancellationError: self.init(.unavailable, "interrupted")
        default:
            if let error = OperatorError(meaning: error) {
                self.init(Self.code(of: error), error.message)
                namesProgram = !error.listsPlaces
                return
            }
            // The argument parser's own errors know their exit codes.
            let code = program.exitCode(for: error)
            guard code == .failure else { return nil }
            self.init(.software, String(describing: error))
        }
    }

    /// What the contract refuses of a verb's fields is what the command line said.
    private static func code(of error: OperatorError) -> Code {
        error.code == .malformed && !error.fields.isEmpty ? .usage : code(of: error.code)
    }

    /// The one table from operators' errors to exit codes, whoever was asked.
    private static func code(of code: OperatorError.Code) -> Code {
        switch code {
        case .malformed, .invalid, .exists, .inUse, .conflict, .changed, .tooLarge: .badData
        case .missing: .noInput
        case .unauthenticated, .notPermitted: .notPermitted
        case .limited, .unavailable: .unavailable
        case .storageFailed: .inputOutput
        case .corrupt, .failed: .software
        }
    }
}
