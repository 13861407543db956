public import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
import MediaStorage
import Policies
import Subprocess

/// Why a task ended in error: a stable code, what it means for another attempt, and a message that names the cause.
public struct JobFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The encoder's own codes are `EncoderFailureCode`s; these are the supervisor's.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The child ended without saying how it went.
        case encoderCrashed
        /// The child sent something that is not in the protocol, or contradicts itself.
        case encoderProtocol
        case encoderMissing
        /// The wall time or the output's size is used up.
        case limitExceeded
        case storageFailed
        /// A disk has no room for what is made.
        case storageFull
        /// A storage account cannot be reached, or takes nothing new.
        case storageAway
        case catalogFailed
        /// Another job made the asset meanwhile.
        case assetExists
        /// An original may not be used yet, or not at all.
        case originalNotReady
        /// The worker died with the job, too often.
        case workerLost
        /// What a player would get cannot be played.
        case verifyFailed
        /// The version cannot be published as the task says.
        case publishRefused
        /// The version cannot be written as the task says.
        case packageRefused
        /// A cache did not give what it was asked for.
        case edgeFailed
        /// What holds the keys does not answer.
        case keysAway
        /// A key is not given out, or is not what was wrapped.
        case keyRefused
        /// Something that this program does not know the meaning of.
        case unexpected
        /// Something that the task names is not there, or cannot be done here.
        case notConfigured
        /// A check refuses an input, or wants somebody to decide on it.
        case inputRefused
        /// A check cannot be done now.
        case checkUnavailable
    }

    public let code: String
    public let errorClass: TaskErrorClass
    public let message: String
    public var description: String { message }

    public init(_ code: Code, _ message: String, as errorClass: TaskErrorClass? = nil) {
        self.code = code.rawValue
        self.errorClass = errorClass ?? code.usualClass
        self.message = message
    }

    init(code: String, errorClass: TaskErrorClass, message: String) {
        self.code = code
        self.errorClass = errorClass
        self.message = message
    }

    init(encoder code: EncoderFailureCode, _ message: String) {
        self.code = code.rawValue
        errorClass = code == .internalError ? .service : code == .unknownPreset ? .configuration : .content
        self.message = message
    }

    private init(_ error: KeyUnwrapError) {
        switch error {
        case .kekUnavailable(let version):
            self.init(.keysAway, "version \(version.rawValue) of the key-encryption key is out of reach")
        case .serviceAway: self.init(.keysAway, "the key service does not answer")
        case .refused(let reason): self.init(.keyRefused, "the key service refuses the storage key: \(reason)")
        case .purposeMismatch: self.init(.keyRefused, "the asset's storage key is of another type")
        case .authenticationFailed:
            self.init(.keyRefused, "the asset's storage key is damaged, or wrapped under another key-encryption key")
        }
    }

    /// What an error of a task means.
    init(meaning error: any Error) {
        switch error {
        case let failure as JobFailure: self = failure
        case let error as MediaStorageError where error.code == .unavailable: self.init(.storageAway, error.description)
        case let error as MediaStorageError where error.code == .full: self.init(.storageFull, error.description)
        case let error as MediaStorageError: self.init(.storageFailed, error.description)
        case let error as CatalogError where error.code == .exists: self.init(.assetExists, error.reason)
        case let error as CatalogError: self.init(.catalogFailed, error.reason)
        case let error as KeyUnwrapError: self.init(error)
        case let error as CocoaError: self.init(.storageFailed, SystemReason.sentence(error))
        case is SubprocessError: self.init(.encoderCrashed, "the encoder cannot be run: \(error)")
        default: self.init(.unexpected, "\(error)")
        }
    }
}

extension JobFailure.Code {
    var usualClass: TaskErrorClass {
        switch self {
        case .encoderCrashed, .encoderProtocol, .encoderMissing, .unexpected: .service
        case .keysAway: .keys
        case .storageAway, .checkUnavailable: .away
        case .limitExceeded, .verifyFailed, .inputRefused: .content
        case .storageFailed, .storageFull, .catalogFailed, .assetExists: .storage
        case .workerLost: .lost
        case .keyRefused, .publishRefused, .packageRefused, .notConfigured, .originalNotReady: .configuration
        case .edgeFailed: .network
        }
    }
}
