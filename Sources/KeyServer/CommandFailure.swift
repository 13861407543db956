import Adapters
import Administration
package import ArgumentParser
import Catalog
import Foundation
import Glibc
import HTTPSurface
import KeyExchange

extension CommandFailure {
    /// Ends a program with the code of an error, after saying it on standard error.
    package static func exit<Program: ParsableCommand>(with error: any Error, of program: Program.Type) -> Never {
        if let failure = CommandFailure(error, program) {
            Terminal.error("\(program._commandName): \(failure.message)")
            Glibc.exit(failure.code.rawValue)
        }
        program.exit(withError: error)
    }

    private init?<Program: ParsableCommand>(_ error: any Error, _ program: Program.Type) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as OperatorError: self.init(Self.code(of: error.code), error.message)
        case let error as CatalogError: self.init(Self.code(of: error.code), error.reason)
        case let error as InstallationError: self.init(.unavailable, error.description)
        case let error as TLSFilesError: self.init(.badData, error.description)
        case let error as ConfigurationError: self.init(.badData, error.description)
        case let error as DocumentsRejected: self.init(.badData, error.description)
        case let error as ImportRejected: self.init(.badData, error.description)
        case let error as KEKRotationError: self.init(.badData, error.description)
        case let error as PublicationError: self.init(.badData, error.reason)
        case let error as KeyOperationError: self.init(Self.code(of: error.code), error.reason)
        case let error as RecipientError: self.init(.badData, error.description)
        case let error as CPIXError: self.init(.badData, error.description)
        case let error as CocoaError:
            let isAbsent = error.code == .fileNoSuchFile || error.code == .fileReadNoSuchFile
            self.init(isAbsent ? .noInput : .inputOutput, SystemReason.sentence(error))
        case is CancellationError: self.init(.unavailable, "interrupted")
        default:
            // The argument parser's own errors know their exit codes.
            let code = program.exitCode(for: error)
            guard code == .failure else { return nil }
            self.init(.software, String(describing: error))
        }
    }

    private static func code(of code: KeyOperationError.Code) -> Code {
        switch code {
        case .missing: .noInput
        case .invalid, .inUse, .wrongState: .badData
        case .notPermitted: .notPermitted
        }
    }

    private static func code(of code: CatalogError.Code) -> Code {
        switch code {
        case .exists, .missing, .inUse, .conflict, .changed, .retired, .limit: .badData
        case .unavailable: .inputOutput
        case .corrupt: .software
        }
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
