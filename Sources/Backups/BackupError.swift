import Catalog
import Cryptography
import Foundation
import Glibc
import MediaStorage

/// Why a backup was not made or not restored.
public struct BackupError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// There is no backup in that place.
        case missing
        /// Something in the backup is not what was written, or never was a backup.
        case damaged
        /// The backup is of a newer version than this program.
        case newer
        /// The place where something is to be made holds something.
        case occupied
        /// The folder of the backup cannot be made.
        case cannotCreate
        /// Another process works in that place.
        case busy
        /// Media that the backup knows is not there.
        case incomplete
        /// A disk that is full or does not answer.
        case inputOutput
    }

    public var code: Code
    /// What is wrong, with its name, and what to do.
    public var description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What the last call to the system said.
    static func system(_ what: String, _ code: Code = .inputOutput) -> BackupError {
        BackupError(code, "\(what): \(String(cString: strerror(errno)))")
    }

    /// An error of storage or cryptography, as a backup's.
    static func of(_ error: any Error) -> BackupError {
        switch error {
        case let error as BackupError: error
        case let error as MediaStorageError: BackupError(.inputOutput, error.description)
        case let error as CocoaError: BackupError(.inputOutput, SystemReason.sentence(error))
        default: BackupError(.inputOutput, "\(error)")
        }
    }
}
