public import Catalog
import EncoderProtocol
import Foundation
import MediaStorage

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
        /// A cache did not give what it was asked for.
        case edgeFailed
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

    /// What an error of a task means.
    init(meaning error: any Error) {
        switch error {
        case let failure as JobFailure: self = failure
        case let error as MediaStorageError: self.init(.storageFailed, error.description)
        case let error as CatalogError where error.code == .exists: self.init(.assetExists, error.reason)
        case let error as CatalogError: self.init(.catalogFailed, error.reason)
        default: self.init(.encoderCrashed, "\(error)")
        }
    }
}

extension JobFailure.Code {
    var usualClass: TaskErrorClass {
        switch self {
        case .encoderCrashed, .encoderProtocol, .encoderMissing: .service
        case .limitExceeded, .verifyFailed, .inputRefused: .content
        case .storageFailed, .catalogFailed, .assetExists: .storage
        case .workerLost: .lost
        case .publishRefused, .notConfigured, .originalNotReady: .configuration
        case .edgeFailed, .checkUnavailable: .network
        }
    }
}
