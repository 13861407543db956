import Crypto
public import Foundation

/// What a checkpoint says of the audit log: where its chain stood, under which hash, and where it begins now.
public struct AuditStatement: Sendable, Hashable, Codable {
    /// SHA-256 chain hash of `record`, in hexadecimal digits, as all hashes here.
    public var hash: String
    /// Names the signing key: `AuditPublicKey.fingerprint`.
    public var key: String
    /// Checkpoints count from 1 without gaps.
    public var number: Int64
    /// SHA-256 of the statement before this one; 64 zeros in the first.
    public var previous: String
    /// The chain hash of the last record that was pruned; 64 zeros when none was.
    public var prunedHash: String
    /// The last record that was pruned: the log goes on after it. 0 when none was.
    public var prunedThrough: Int64
    /// The newest record when it was signed.
    public var record: Int64
    /// In whole milliseconds since 1970.
    public var time: Int64
    /// What this is, so that no other statement can be taken for one.
    public var type: String

    static let type = "keyway audit checkpoint 1"

    /// The bytes that are signed and hashed: JSON with members in order of their names and without white space, which is
    /// its canonical form (RFC 8785), since it holds digits and plain ASCII only.
    public var bytes: [UInt8] {
        var json = JSONLine()
        json.append("{")
        json.member("hash", hash)
        json.member("key", key)
        json.member("number", number)
        json.member("previous", previous)
        json.member("prunedHash", prunedHash)
        json.member("prunedThrough", prunedThrough)
        json.member("record", record)
        json.member("time", time)
        json.member("type", type)
        json.append("}")
        return json.bytes
    }

    public var digest: String { Array(SHA256.hash(data: bytes)).hexadecimal }
}

/// A signed statement about the audit log. Kept outside of the installation it shows later whether the log that it was
/// made of is still all there.
public struct AuditCheckpoint: Sendable, Hashable, Codable {
    public var checkpoint: AuditStatement
    /// Ed25519 over `AuditStatement.bytes`, in base64.
    public var signature: String

    /// Longest text of one that is looked at, in bytes.
    public static let longestText = 1000

    public init(_ statement: AuditStatement, signature: [UInt8]) {
        checkpoint = statement
        self.signature = Data(signature).base64EncodedString()
    }

    /// From the JSON text of `keyway audit checkpoint`.
    ///
    /// - Returns: nil for anything else.
    public init?(json: String) {
        guard json.utf8.count <= Self.longestText,
            let checkpoint = try? JSONDecoder().decode(AuditCheckpoint.self, from: Data(json.utf8))
        else { return nil }
        self = checkpoint
    }

    public func isSigned(by key: AuditPublicKey) -> Bool {
        guard checkpoint.type == AuditStatement.type, checkpoint.key == key.fingerprint,
            let signature = Data(base64Encoded: signature)
        else { return false }
        return key.isValid(Array(signature), of: checkpoint.bytes)
    }

    /// One line of JSON, as an export holds it.
    public var line: String {
        #"{"checkpoint":\#(String(decoding: checkpoint.bytes, as: UTF8.self)),"signature":"\#(signature)"}"#
    }

    public var time: Date { Date(timeIntervalSince1970: Double(checkpoint.time) / 1000) }

    /// Where the log begins: the last record that was pruned, and its hash; nil when the hash is none.
    public var origin: AuditPlace? { AuditPlace(checkpoint.prunedThrough, checkpoint.prunedHash) }

    /// Where the log stood.
    public var head: AuditPlace? { AuditPlace(checkpoint.record, checkpoint.hash) }
}

/// A record's number with its hash: all that is needed to go on with the chain.
public struct AuditPlace: Sendable, Hashable {
    public var sequence: Int64
    public var hash: [UInt8]

    /// Before the first record.
    public static let start = AuditPlace(sequence: 0, hash: AuditChain.start)

    public init(sequence: Int64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }

    init?(_ sequence: Int64, _ text: String) {
        guard let hash = [UInt8](hexadecimal: text), hash.count == AuditChain.start.count, sequence >= 0 else {
            return nil
        }
        self.init(sequence: sequence, hash: hash)
    }
}

extension AuditStatement {
    /// What is signed next.
    ///
    /// - Parameters:
    ///   - head: the newest record.
    ///   - origin: where the log begins from now on.
    public init(
        head: AuditPlace, origin: AuditPlace, after last: AuditCheckpoint?, key: AuditPublicKey, at time: Date
    ) {
        self.init(
            hash: head.hash.hexadecimal, key: key.fingerprint, number: (last?.checkpoint.number ?? 0) &+ 1,
            previous: last?.checkpoint.digest ?? AuditChain.start.hexadecimal, prunedHash: origin.hash.hexadecimal,
            prunedThrough: origin.sequence, record: head.sequence,
            time: Int64((time.timeIntervalSince1970 * 1000).rounded()), type: Self.type)
    }
}
