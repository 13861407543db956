import Catalog
public import Foundation

/// Why nothing is done for a job just now, in words.
public struct JobWait: Sendable, Hashable {
    /// The task that waits; nil for the job as a whole.
    public var task: String?
    public var reason: String
    /// When it is tried again; nil where no time is set.
    public var until: Date?
    /// Whether it is usually over in a moment: it is worth a word only when it lasts.
    public var isUsual = false
}

extension JobDetails {
    /// What its tasks wait for that could begin: while one of them is under way, those alone that failed before.
    public var waits: [JobWait] {
        guard JobState(rawValue: job.state)?.isFinal == false else { return [] }
        guard job.state != JobState.paused.rawValue else {
            return [JobWait(reason: "the job is paused: 'keyway job resume \(job.id)' lets it go on")]
        }
        let open = Set(tasks.filter { TaskState(rawValue: $0.state)?.isFinal == false }.map(\.name))
        let isRunning = tasks.contains { $0.state == TaskState.processing.rawValue }
        return tasks.filter {
            open.contains($0.name) && $0.state != TaskState.processing.rawValue && open.isDisjoint(with: $0.after)
        }.map(Self.wait).filter { !isRunning || !$0.isUsual }
    }

    private static func wait(_ task: Task) -> JobWait {
        if let message = task.errorMessage {
            return JobWait(task: task.name, reason: message, until: task.notBefore)
        }
        let reason =
            TaskKind(rawValue: task.kind)?.needsEncoder == true
            ? "it waits for a place: as many encodes are under way as may be ('keyway job list --state processing'), or nobody "
                + "works on jobs ('keyway serve' with the role worker)"
            : "it waits for its turn: other tasks are before it, or nobody works on jobs ('keyway serve' with the role worker)"
        return JobWait(task: task.name, reason: reason, isUsual: true)
    }
}

/// What is told of waits while somebody looks at a job again and again: each reason once.
public struct ToldWaits: Sendable {
    /// So many looks in a row a usual wait is passed over in silence.
    private static let patience = 20

    private var told: Set<JobWait> = []
    private var looks: [JobWait: Int] = [:]

    public init() {}

    /// Lines for a person: what is new.
    public mutating func lines(_ details: JobDetails) -> [String] {
        let waits = details.waits
        let keys = waits.map(Self.key)
        looks = looks.filter { keys.contains($0.key) }
        return waits.compactMap { wait in
            let key = Self.key(wait)
            looks[key, default: 0] += 1
            guard !wait.isUsual || looks[key, default: 0] > Self.patience, told.insert(key).inserted else { return nil }
            let again = wait.until.map { "; tried again at \($0.ISO8601Format())" } ?? ""
            return "waiting: " + (wait.task.map { "\($0): " } ?? "") + wait.reason + again
        }
    }

    /// The same reason at another time is told already.
    private static func key(_ wait: JobWait) -> JobWait {
        var key = wait
        key.until = nil
        return key
    }
}
