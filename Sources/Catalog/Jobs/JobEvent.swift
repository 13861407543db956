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
            entityTag: id, eventType: kind.rawValue, timeStamp: ISO8601DateFormatter().string(from: time),
            properties: Message.Properties(
                jobID: job.id.rawValue, taskID: task, newState: Self.word(newState), oldState: oldState.map(Self.word),
                accountName: endpoint.account, accountID: endpoint.account, endpoint: endpoint.name, asset: job.asset,
                version: job.version, transform: job.transform, errorCode: job.errorCode,
                correlation: job.correlation))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(message)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The reference writes states with a capital letter.
    private static func word(_ state: String) -> String { state.prefix(1).uppercased() + state.dropFirst() }

    private struct Message: Encodable {
        struct Properties: Encodable {
            var jobID: String
            var taskID: String?
            var newState: String
            var oldState: String?
            var accountName: String
            var accountID: String
            var endpoint: String
            var asset: String
            var version: Int?
            var transform: String
            var errorCode: String?
            var correlation: [String: String]

            enum CodingKeys: String, CodingKey {
                case jobID = "JobId"
                case taskID = "TaskId"
                case newState = "NewState"
                case oldState = "OldState"
                case accountName = "AccountName"
                case accountID = "AccountId"
                case endpoint = "NotificationEndPointId"
                // The rest is ours.
                case asset = "AssetName"
                case version = "AssetVersion"
                case transform = "TransformName"
                case errorCode = "ErrorCode"
                case correlation = "CorrelationData"
            }
        }

        var version = "1.1"
        var entityTag: String
        var eventType: Int
        var timeStamp: String
        var properties: Properties

        enum CodingKeys: String, CodingKey {
            case version = "MessageVersion"
            case entityTag = "ETag"
            case eventType = "EventType"
            case timeStamp = "TimeStamp"
            case properties = "Properties"
        }
    }
}
