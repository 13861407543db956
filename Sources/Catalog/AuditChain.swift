import Crypto
import Foundation

/// The hash chain over audit records: pure, so that every engine and `keyway audit verify` agree.
public enum AuditChain {
    /// The hash before the first record.
    public static let start = [UInt8](repeating: 0, count: 32)

    /// The record of an event after the last one.
    public static func record(_ event: AuditEvent, after last: (sequence: Int64, hash: [UInt8])) -> AuditRecord {
        let bytes = event.canonicalJSON
        let sequence = last.sequence &+ 1
        return AuditRecord(sequence: sequence, event: bytes, hash: hash(previous: last.hash, sequence, bytes))
    }

    /// The hashes of events, one behind the other, after the last record's.
    public static func hashes(of lines: AuditLines, after last: (sequence: Int64, hash: [UInt8])) -> [UInt8] {
        var hashes: [UInt8] = []
        hashes.reserveCapacity(lines.count * start.count)
        // What a hash covers, in one piece.
        var covered = last.hash
        var sequence = last.sequence
        for line in 0..<lines.count {
            sequence &+= 1
            withUnsafeBytes(of: sequence.bigEndian) { covered.append(contentsOf: $0) }
            covered.append(contentsOf: lines.bytes[lines.place(of: line)])
            let digest = covered.withUnsafeBytes { SHA256.hash(data: $0) }
            covered.removeAll(keepingCapacity: true)
            digest.withUnsafeBytes { covered.append(contentsOf: $0) }
            hashes.append(contentsOf: covered)
        }
        return hashes
    }

    /// The event of a record.
    ///
    /// - Throws: `CatalogError` when it is not readable.
    public static func event(of record: AuditRecord) throws -> AuditEvent {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .millisecondsSince1970
        do {
            return try decoder.decode(AuditEvent.self, from: Data(record.event))
        } catch {
            throw CatalogError(.corrupt, "audit record \(record.sequence) is not readable")
        }
    }

    static func hash(previous: [UInt8], _ sequence: Int64, _ event: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: previous)
        withUnsafeBytes(of: sequence.bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: event)
        return Array(hash.finalize())
    }

    /// Verifies records as they come, oldest first. Owned by one task.
    public struct Verifier {
        private var last: AuditPlace

        /// - Parameter origin: where the log begins.
        public init(after origin: AuditPlace = .start) {
            last = origin
        }

        /// The newest record that was verified.
        public var place: AuditPlace { last }

        /// The next record's defect, or nil when it fits.
        public mutating func verify(_ record: AuditRecord) -> AuditChainDefect? {
            guard record.sequence == last.sequence &+ 1 else {
                return AuditChainDefect(
                    sequence: last.sequence &+ 1, reason: "it is missing; the next one is \(record.sequence)")
            }
            guard record.hash == hash(previous: last.hash, record.sequence, record.event) else {
                return AuditChainDefect(sequence: record.sequence, reason: "its hash does not fit: it was changed")
            }
            last = AuditPlace(sequence: record.sequence, hash: record.hash)
            return nil
        }
    }
}
