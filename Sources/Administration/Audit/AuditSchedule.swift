public import Catalog
public import Foundation

/// When the server signs its audit log, and how much of it it keeps.
public struct AuditSchedule: Sendable, Hashable {
    /// Sign when so many records are not signed yet.
    public var records: Int64 = 10_000
    /// Sign when something was not signed for so long, in seconds.
    public var age: TimeInterval = 300
    /// How long records are kept, in seconds; nil for ever.
    public var retention: TimeInterval?

    /// How often retention is applied, in seconds.
    public static let retentionInterval: TimeInterval = 3600

    public init(retention: TimeInterval? = nil) {
        self.retention = retention
    }

    /// Whether it is time to sign.
    ///
    /// - Parameters:
    ///   - newest: the newest record.
    ///   - last: the last checkpoint; nil when there is none.
    ///   - since: when the first record after it was seen; nil when none was.
    public func isDue(newest: Int64, last: AuditCheckpoint?, since: Date?, now: Date) -> Bool {
        let signed = max(0, last?.checkpoint.record ?? 0)
        guard newest > signed else { return false }
        return newest - signed >= records || since.map { now.timeIntervalSince($0) >= age } ?? false
    }
}
