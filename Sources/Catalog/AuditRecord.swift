public import ContentKeys
public import Foundation
public import Policies

/// What an audit record tells of.
public enum AuditAction: String, Sendable, Hashable, Codable, CaseIterable {
    case keyGranted
    case keyDenied
    /// Requests that one client, or for one key, had too many of, and that were refused before anything was looked up: how
    /// many, in one record.
    case keyRequestsLimited
    /// A viewer showed a token with a playlist: what stands in for it was given out, or not.
    case ticketGiven
    case ticketDenied
    case documentsApplied
    case secretSet
    case secretDeleted
    case keyCreated
    case keyImported
    /// Before a key leaves the installation.
    case keyExported
    case keyExportDenied
    case keyEnabled
    case keyDisabled
    case keyChanged
    case keyDeletionScheduled
    case keyRestored
    case keyDeleted
    case keyRotated
    case keySeedCreated
    case assetCreated
    case assetDeleted
    /// An original has begun to arrive.
    case assetFileAdded
    case assetFileDeleted
    /// Before an original leaves, decrypted, for somebody who may read it: once for each request; by a signed URL once a minute for
    /// a file and who asks.
    case assetFileRead
    /// Before an asset's poster leaves for somebody who may see it in the console.
    case assetPosterRead
    /// Its checks have ended: it was let out of quarantine, refused, or waits for somebody's decision.
    case assetFileChecked
    /// Somebody let it out of quarantine.
    case reviewApproved
    /// Somebody refused it for good.
    case reviewRejected
    /// Its checks are done again.
    case reviewRepeated
    /// Somebody took a copy of an original out of quarantine to look at it.
    case reviewFetched
    case knownWorkAdded
    case knownWorkRemoved
    /// From now on every program puts originals to a check.
    case checkRequired
    /// A check that every program put originals to was switched off.
    case checkReleased
    /// The objects of a package were listed, for somebody who fetches them.
    case assetPackaged
    case assetPublished
    case locatorCreated
    case locatorRevoked
    case assetTakenDown
    case assetRestored
    case assetRolledBack
    case endpointStarted
    case endpointStopped
    case endpointDeleted
    /// Before a signature leaves that lets objects of a streaming endpoint be fetched.
    case pathSigned
    case jobSubmitted
    case jobCanceled
    case jobPaused
    case jobResumed
    case jobRetried
    /// Somebody asked long work of the server to end: a backup, a rotation or a verification.
    case operationCanceled
    case kekCreated
    /// Everything is wrapped under the current version.
    case kekRotated
    case kekRetired
    case keyPolicySet
    case policySet
    case policyDeleted
    case adminTokenCreated
    case adminTokenRevoked
    case revocationAdded
    case revocationRemoved
    /// Somebody showed the admin API a token that is not valid, or whose role does not allow what was asked.
    case adminRefused
    /// The log's start was removed; the next checkpoint says where it goes on.
    case auditPruned
    /// The audit log could not be written for a while, and no key left.
    case auditResumed
    /// Before a key leaves for an encryptor.
    case keyExchanged
    case keyExchangeDenied
    case encryptorCreated
    case encryptorRevoked
    /// Somebody showed the key exchange a token that is not valid.
    case encryptorRefused
    /// Before a key leaves for an origin that runs alone.
    case originKeyGiven
    case originKeyDenied
    case originCreated
    case originRevoked
    /// Somebody asked for an origin's keys with a certificate that is not enrolled.
    case originRefused
    /// Before a backup is made: it holds everything but the key-encryption keys.
    case backupTaken
    /// The catalog is that of a backup; what happened after it was taken is not in the log.
    case catalogRestored
}

/// One check of a decision, as the audit log keeps it: codes and names, never a credential or an expected value.
///
/// The members are short in JSON, since every key request writes some of them.
public struct AuditStep: Sendable, Hashable, Codable {
    /// The policy's option that the check belongs to; nil for checks before any option.
    public var option: String?
    /// `EvaluationStep.Check`.
    public var check: String
    /// `DenialReason.Code` of a check that did not hold; nil when it held.
    public var refusal: String?
    /// More on a refusal: the token's rejection, the claim's name.
    public var detail: String?

    public init(option: String?, check: String, refusal: String? = nil, detail: String? = nil) {
        self.option = option
        self.check = check
        self.refusal = refusal
        self.detail = detail
    }

    private enum CodingKeys: String, CodingKey {
        case option = "o"
        case check = "c"
        case refusal = "r"
        case detail = "d"
    }
}

/// One event, before it has a place in the chain. Holds names, identifiers and reasons; never a key, token or secret.
public struct AuditEvent: Sendable, Hashable, Codable {
    public var time: Date
    public var action: AuditAction
    /// Names the request in logs and answers; nil for operators' actions.
    public var requestID: String?
    public var keyID: KeyID?
    public var delivery: KeyDeliveryType?
    public var clientAddress: String?
    public var policy: String?
    public var option: String?
    /// `DenialReason.Code` of a denial.
    public var reason: String?
    /// More for the operator: the token's rejection, the claim's name, the document's or locator's name.
    public var detail: String?
    public var tokenKind: TokenKind?
    public var tokenIssuer: String?
    public var tokenSubject: String?
    public var tokenID: String?
    /// Who did it: the name of an admin token, or `local:` and the user of the machine; nil for players' requests.
    public var actor: String?
    /// The checks that led to a decision on a key, in order; nil for other events, and in records of before 0.2.
    public var steps: [AuditStep]?

    public init(time: Date, action: AuditAction) {
        self.time = time
        self.action = action
    }
}

/// An event in its place in the hash chain.
public struct AuditRecord: Sendable, Hashable {
    /// Counts from 1 without gaps.
    public var sequence: Int64
    /// The event as canonical JSON: what the hash covers.
    public var event: [UInt8]
    /// SHA-256 of the previous record's hash (32 zero bytes before the first), the sequence number as 8 big-endian
    /// bytes, and the event.
    public var hash: [UInt8]

    public init(sequence: Int64, event: [UInt8], hash: [UInt8]) {
        self.sequence = sequence
        self.event = event
        self.hash = hash
    }
}

/// Where the audit chain is broken.
public struct AuditChainDefect: Sendable, Hashable {
    /// The first record that does not fit.
    public var sequence: Int64
    public var reason: String

    public init(sequence: Int64, reason: String) {
        self.sequence = sequence
        self.reason = reason
    }
}
