public import Foundation

/// A change of jobs, transforms or notification endpoints. Every change of a task also settles its job, and writes the
/// events and the messages that follow from it, in the same transaction.
public enum PipelineChange: Sendable {
    /// What a worker made of a task that it has. Throws `conflict` when the task has ended, or another attempt has it.
    case updateTask(TaskRecord)
    /// What the job's tasks have made.
    case setOutput(JobID, version: Int, warnings: [String])
    /// Nothing more of the job begins; whoever works on it ends that. Throws `conflict` when it has ended.
    case cancel(JobID, at: Date)
    /// Nothing more of the job begins; what is under way goes on to its end.
    case pause(JobID, at: Date)
    case resume(JobID, at: Date)
    /// Begins a failed or canceled job again, at the tasks that did not finish.
    case retry(JobID, at: Date)
    /// Removes jobs that ended before a time, with their tasks, events and messages.
    case removeJobs(endedBefore: Date)
    case putTransform(Transform)
    case deleteTransform(name: String)
    case putNotificationEndpoint(NotificationEndpoint)
    case deleteNotificationEndpoint(name: String)
    /// What became of a message.
    case updateDelivery(DeliveryRecord)
}

/// A task that a worker took, with its job.
public struct TakenTask: Sendable, Hashable {
    public var job: JobRecord
    public var task: TaskRecord

    public init(job: JobRecord, task: TaskRecord) {
        self.job = job
        self.task = task
    }
}

/// Which jobs a list shows.
public struct JobQuery: Sendable, Hashable {
    public var asset: String?
    public var states: [JobState]
    /// The id of the last job of the page before.
    public var after: JobID?
    public var limit: Int

    public init(asset: String? = nil, states: [JobState] = [], after: JobID? = nil, limit: Int = 100) {
        self.asset = asset
        self.states = states
        self.after = after
        self.limit = limit
    }
}

/// The records of jobs. Every function throws `CatalogError`.
public protocol PipelineCatalog: Sendable {
    func job(_ id: JobID) async throws -> JobRecord?
    /// Newest first.
    func jobs(matching query: JobQuery) async throws -> [JobRecord]
    /// In the transform's order.
    func tasks(of job: JobID) async throws -> [TaskRecord]
    /// Takes the next task that can begin: marks it `processing` and adds one to its attempt, in one transaction. Jobs of one
    /// asset run one after the other.
    func takeNextTask(of kinds: [TaskKind], at now: Date) async throws -> TakenTask?
    /// The tasks that somebody works on.
    func tasksUnderWay() async throws -> [TakenTask]

    func transform(named name: String) async throws -> Transform?
    /// In order of name.
    func transforms() async throws -> [Transform]
    func notificationEndpoint(named name: String) async throws -> NotificationEndpoint?
    /// In order of name.
    func notificationEndpoints() async throws -> [NotificationEndpoint]

    /// Events after a number, oldest first.
    func jobEvents(after sequence: Int64, job: JobID?, limit: Int) async throws -> [JobEvent]
    /// The number of the newest event; 0 when there is none.
    func lastJobEvent() async throws -> Int64
    /// Messages whose time has come, oldest first.
    func deliveriesDue(at now: Date, limit: Int) async throws -> [DeliveryRecord]
    /// Newest first.
    func deliveries(endpoint: String?, limit: Int) async throws -> [DeliveryRecord]
}
