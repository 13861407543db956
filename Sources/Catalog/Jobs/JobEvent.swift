public import Foundation

/// Something that happened to a job or to one of its tasks.
public struct JobEvent: Sendable, Hashable {
    /// The reference's events of jobs, by their numbers.
    public enum Kind: Int, Sendable, Hashable, CaseIterable {
        case jobStateChange = 1
        case taskStateChange = 4
        case taskProgress = 5

        public var name: String {
            switch self {
            case .jobStateChange: "JobStateChange"
            case .taskStateChange: "TaskStateChange"
            case .taskProgress: "TaskProgress"
            }
        }
    }

    /// Counts up over all jobs. Of a task's progress only the last is kept, under a new number.
    public var sequence: Int64
    public var time: Date
    public var kind: Kind
    public var job: JobID
    public var task: String?
    /// Nil for something new.
    public var oldState: String?
    public var newState: String
    public var progress: Double

    public init(
        sequence: Int64 = 0, time: Date, kind: Kind, job: JobID, task: String? = nil, oldState: String? = nil,
        newState: String, progress: Double
    ) {
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.job = job
        self.task = task
        self.oldState = oldState
        self.newState = newState
        self.progress = progress
    }
}

extension JobEvent {
    /// The message of a notification endpoint: the reference's version 1.1, with what it has no words for beside.
    public func message(of job: JobRecord, for endpoint: NotificationEndpoint, id: String) -> String {
        let message = Message(
            MessageVersion: "1.1", ETag: id, EventType: kind.rawValue,
            TimeStamp: ISO8601DateFormatter().string(from: time),
            Properties: Message.Properties(
                JobId: job.id.rawValue, TaskId: task, NewState: Self.word(newState), OldState: oldState.map(Self.word),
                AccountName: endpoint.account, AccountId: endpoint.account, NotificationEndPointId: endpoint.name,
                AssetName: job.asset, AssetVersion: job.version, TransformName: job.transform,
                ErrorCode: job.errorCode, CorrelationData: job.correlation))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(message)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The reference writes states with a capital letter.
    private static func word(_ state: String) -> String { state.prefix(1).uppercased() + state.dropFirst() }

    // Names of the reference's members.
    private struct Message: Encodable {
        struct Properties: Encodable {
            var JobId: String
            var TaskId: String?
            var NewState: String
            var OldState: String?
            var AccountName: String
            var AccountId: String
            var NotificationEndPointId: String
            var AssetName: String
            var AssetVersion: Int?
            var TransformName: String
            var ErrorCode: String?
            var CorrelationData: [String: String]
        }

        var MessageVersion: String
        var ETag: String
        var EventType: Int
        var TimeStamp: String
        var Properties: Properties
    }
}
