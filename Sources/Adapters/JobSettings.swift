import Configuration
public import Foundation
import Settings

/// How a server works on jobs: `worker` and `jobs` of the configuration.
public struct JobSettings: Sendable, Hashable {
    /// How many encode tasks run at once: the reference's reserved units.
    public var encoders: Int
    /// How often a task is begun in all whose worker or child was lost.
    public var attempts: Int
    /// How long an encoder may stand still before it is ended, in seconds: 5 minutes unless it is configured.
    public var standstill: Int
    /// How long jobs that ended are kept, with their events and messages: 90 days unless it is configured.
    public var retention: TimeInterval?
    /// The folders below which jobs that are submitted over the admin API find their inputs; without any, such jobs are
    /// refused.
    public var inputs: [String]
    /// The folders that tasks of kind `package` may write into; without any, they write below SAS URLs only.
    public var packages: [String]

    private static let usualRetention: TimeInterval = 90 * 86_400

    static let fields = [
        "worker.encoders", "worker.attempts", "worker.standstill", "jobs.keep", "jobs.inputs", "jobs.packages",
    ]

    init(_ reader: ConfigReader) throws {
        encoders = try reader.number("worker.encoders", in: 1...64) ?? 1
        attempts = try reader.number("worker.attempts", in: 1...1000) ?? 3
        standstill = try reader.duration("worker.standstill", in: 5...86_400) ?? 300
        retention = try reader.duration("jobs.keep") ?? Self.usualRetention
        inputs = reader.list("jobs.inputs") ?? []
        packages = reader.list("jobs.packages") ?? []
        guard packages.allSatisfy({ $0.hasPrefix("/") }) else {
            throw ConfigurationError("jobs.packages are absolute paths of folders")
        }
        guard inputs.allSatisfy({ $0.hasPrefix("/") }) else {
            throw ConfigurationError("jobs.inputs are absolute paths of folders")
        }
    }
}
