import Catalog
public import Foundation

/// What is told of a job in a list.
public struct JobSummary: Codable, Sendable, Hashable {
    public var id: String
    public var asset: String
    public var transform: String
    public var state: String
    public var priority: Int
    /// From 0 to 1.
    public var progress: Double
    public var created: Date
    public var started: Date?
    public var ended: Date?
    public var version: Int?
    public var errorCode: String?
    public var errorMessage: String?
    public var correlation: [String: String]

    init(_ job: JobRecord) {
        id = job.id.rawValue
        asset = job.asset
        transform = job.transform
        state = job.state.rawValue
        priority = job.priority
        progress = JobDetails.rounded(job.progress)
        created = job.created
        started = job.started
        ended = job.ended
        version = job.version
        errorCode = job.errorCode
        errorMessage = job.errorMessage
        correlation = job.correlation
    }
}

/// What is told of one job: itself and its tasks.
public struct JobDetails: Codable, Sendable, Hashable {
    public struct Task: Codable, Sendable, Hashable {
        public var name: String
        public var kind: String
        public var state: String
        public var after: [String]
        public var attempt: Int
        /// From 0 to 1.
        public var progress: Double
        public var notBefore: Date?
        public var started: Date?
        public var ended: Date?
        public var errorCode: String?
        public var errorClass: String?
        public var errorMessage: String?
        public var result: [String: String]
        /// How long it still takes, in seconds, as it went until now.
        public var remaining: Int?
    }

    public var job: JobSummary
    public var inputs: [String]
    public var warnings: [String]
    public var tasks: [Task]
    /// How long the job still takes, in seconds: at least what its tasks under way do.
    public var remaining: Int?

    init(_ record: JobRecord, _ records: [TaskRecord], at now: Date) {
        job = JobSummary(record)
        inputs = record.inputs.map { String($0.prefix { $0 != "\t" }) }
        warnings = record.warnings
        tasks = records.map { task in
            Task(
                name: task.name, kind: task.kind.rawValue, state: task.state.rawValue, after: task.dependencies,
                attempt: task.attempt, progress: Self.rounded(task.progress), notBefore: task.notBefore,
                started: task.started, ended: task.ended, errorCode: task.errorCode,
                errorClass: task.errorClass?.rawValue, errorMessage: task.errorMessage, result: task.result,
                remaining: task.remaining(at: now).map(Self.seconds))
        }
        remaining = records.compactMap { $0.remaining(at: now) }.max().map(Self.seconds)
    }

    private static func seconds(_ value: Double) -> Int { Int(min(max(value, 0), 1e9).rounded(.up)) }
    static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}

extension OperatorContext {
    /// - Throws: `OperatorError` when there is none.
    func report(of id: JobID) async throws -> JobDetails {
        JobDetails(try await job(id), try await catalog.tasks(of: id), at: now())
    }

    /// - Throws: `OperatorError` when there is none.
    func job(_ id: JobID) async throws -> JobRecord {
        guard let job = try await catalog.job(id) else {
            throw OperatorError(.missing, "there is no job \(id.rawValue.quoted); 'keyway job list' lists them")
        }
        return job
    }
}
