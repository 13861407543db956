import Catalog
import Foundation

/// Gives the audit log out as lines of JSON, a page at a time, with all that is needed to verify it elsewhere: the hash
/// before the first record, each record's hash, and the checkpoints among them. See Documentation/audit.md.
public struct ExportAudit: OperatorVerb {
    /// The first record's number, or a time: from the first record on that is not older. Nil for the log's start.
    public var from: String?
    /// The last record's number, or a time: up to the first record that is not older. Nil for the log's end.
    public var to: String?
    /// The last record of the page before.
    public var after: Int64?
    /// How many records a page has.
    public var limit: Int?

    public init(from: String? = nil, to: String? = nil, after: Int64? = nil, limit: Int? = nil) {
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        /// Each a JSON object without line breaks.
        public var lines: [String]
        /// The last record of the page.
        public var last: Int64
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let limit = limit ?? Paging.defaultLimit
        guard Paging.limits.contains(limit), after ?? 0 >= 0 else {
            throw OperatorError(.invalid, "the limit lies between 1 and 1000, and 'after' is not negative")
        }
        let catalog = context.catalog
        var checks = FieldChecks()
        let first = try checks.value("from") { try from.map { try Bound($0, of: "from") } }
        let last = try checks.value("to") { try to.map { try Bound($0, of: "to") } }
        try checks.end()
        let start = try await place(from: first ?? nil, catalog)
        let newest = try await catalog.lastAuditSequence()
        let end = min(try await (last ?? nil)?.sequence(numberStep: 0, catalog) ?? newest, newest)
        var lines = after == nil ? [try await Self.heading(start, catalog)] : []
        guard start.sequence < end else { return Report(lines: lines, last: start.sequence, next: nil) }
        let size = Int(min(Int64(limit), end - start.sequence))
        let records = try await catalog.auditRecords(after: start.sequence, limit: size)
        guard let last = records.last?.sequence else { throw Self.changed }
        var checkpoints = try await catalog.auditCheckpoints(
            ofRecords: start.sequence &+ 1...max(last, start.sequence &+ 1))[...]
        var chain = AuditChain.Verifier(after: start)
        for record in records {
            // What leaves has been checked, so that a changed record cannot pass as lines of its own.
            guard chain.verify(record) == nil, let line = record.line else {
                throw OperatorError(
                    .corrupt, "the audit log is broken at record \(record.sequence); run: keyway audit verify")
            }
            lines.append(line)
            while let first = checkpoints.first, first.checkpoint.record == record.sequence {
                lines.append(first.line)
                checkpoints.removeFirst()
            }
        }
        return Report(lines: lines, last: last, next: last < end ? String(last) : nil)
    }

    /// Where the page begins: the record before its first one.
    private func place(from: Bound?, _ catalog: any CatalogEngine) async throws -> AuditPlace {
        let origin = try await catalog.lastAuditCheckpoint()?.origin ?? .start
        var sequence = origin.sequence
        if let after {
            guard after >= origin.sequence else { throw Self.changed }
            sequence = after
        } else if let from {
            sequence = max(sequence, try await from.sequence(numberStep: -1, catalog))
        }
        guard sequence > origin.sequence else { return origin }
        guard let record = try await catalog.auditRecords(after: sequence - 1, limit: 1).first,
            record.sequence == sequence
        else {
            throw OperatorError(
                .invalid,
                "there is no record \(sequence): the audit log ends at record \(try await catalog.lastAuditSequence())")
        }
        return AuditPlace(sequence: record.sequence, hash: record.hash)
    }

    /// Where an export begins or ends: a record's number, or a time.
    private enum Bound {
        case number(Int64)
        case time(Date)

        init(_ text: String, of name: String) throws {
            if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), number > 0 {
                self = .number(number)
            } else if let time = ISO8601DateFormatter().date(from: text) {
                self = .time(time)
            } else {
                throw OperatorError(
                    .invalid, "'\(name)' is a record's number or a time in RFC 3339, as 2027-01-31T12:00:00Z")
            }
        }

        /// The number of the last record before or at it.
        func sequence(numberStep: Int64, _ catalog: any CatalogEngine) async throws -> Int64 {
            switch self {
            case .number(let number): number + numberStep
            case .time(let time): try await catalog.auditSequence(before: time)
            }
        }
    }

    private static func heading(_ start: AuditPlace, _ catalog: any CatalogEngine) async throws -> String {
        struct Heading: Encodable {
            var type = "keyway audit export 1"
            var after: Int64
            var afterHash: String
            var publicKey: String?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let heading = Heading(
            after: start.sequence, afterHash: start.hash.hexadecimal,
            publicKey: try await catalog.auditKey()?.publicKey.pem)
        return String(decoding: try encoder.encode(heading), as: UTF8.self)
    }

    private static let changed = OperatorError(
        .conflict, "the audit log was pruned while it was exported; export again from its new start")
}

extension AuditRecord {
    /// The record as a line of an export: the event stands in it byte for byte, last. Nil when its bytes would break the
    /// line.
    fileprivate var line: String? {
        guard event.allSatisfy({ $0 >= 0x20 }), event.first == UInt8(ascii: "{"), event.last == UInt8(ascii: "}"),
            let text = String(validating: event, as: UTF8.self)
        else { return nil }
        return #"{"record":\#(sequence),"hash":"\#(hash.hexadecimal)","event":\#(text)}"#
    }
}
