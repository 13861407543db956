public import Foundation

/// What a task does.
public enum TaskKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Looks at the inputs without decoding them, in the encoder child.
    case probe
    /// Puts the inputs to the checks that originals must pass.
    case checks
    /// Makes a version of the asset: encodes, or takes files as they are.
    case encode
    /// Makes thumbnails and poster of a version that is there, and the next version with them.
    case thumbnails
    /// Plays samples of every rendition as a player would get them.
    case verify
    /// Makes the version the asset's current one, and a locator for it where there is none.
    case publish
    /// Writes what is published as files for plain storage.
    case package
    /// Asks caches for the start of every rendition.
    case prewarm
    /// Tells a notification endpoint.
    case notify

    /// Whether it needs a place among those that decode or encode a whole film.
    public var needsEncoder: Bool { self == .encode || self == .thumbnails }

    /// Its share of a job's progress.
    var weight: Double {
        switch self {
        case .encode: 20
        case .thumbnails, .verify, .package: 4
        case .probe, .checks, .publish, .prewarm, .notify: 1
        }
    }
}

/// Where a task is in its life (Azure Media Services' names).
public enum TaskState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits for the tasks before it, or for a worker.
    case queued
    /// It failed and waits for the time of its next attempt.
    case scheduled
    case processing
    case finished
    case error
    case canceled

    public var isFinal: Bool {
        self == .finished || self == .error || self == .canceled
    }
}

/// What an error means for another attempt.
public enum TaskErrorClass: String, Sendable, Hashable, Codable, CaseIterable {
    /// The input itself: it will not become better.
    case content
    /// What the task was told to do.
    case configuration
    /// The program, or something it needs on this machine.
    case service
    case storage
    case network
    /// What holds the keys does not answer.
    case keys
    /// A storage account cannot be reached or takes nothing new, or a check cannot be made.
    case away
    /// Whoever worked on it died.
    case lost

    /// Whether another attempt may go better.
    public var mayPass: Bool {
        switch self {
        case .content, .configuration, .service: false
        case .storage, .network, .keys, .away, .lost: true
        }
    }
}

/// What becomes of the job when a task fails for good.
public enum TaskFailureRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// The job fails, and what was not begun is canceled.
    case stop
    /// The job goes on as though the task had finished.
    case proceed = "continue"
}

/// One task of a job.
public struct TaskRecord: Sendable, Hashable {
    public var job: JobID
    /// Unique within the job.
    public var name: String
    public var kind: TaskKind
    /// The names of the tasks that must have ended before it begins.
    public var dependencies: [String]
    public var options: TaskOptions
    public var onError: TaskFailureRule
    public var state: TaskState
    /// Counts from 0; each time a worker takes the task adds one. Who writes as an older attempt is refused.
    public var attempt: Int
    /// How many attempts there were before somebody began the job again.
    public var formerAttempts: Int
    /// From 0 to 1.
    public var progress: Double
    /// Before this time it does not begin.
    public var notBefore: Date?
    public var errorCode: String?
    public var errorMessage: String?
    public var errorClass: TaskErrorClass?
    /// What it found or made, for people and for tasks after it.
    public var result: [String: String]
    public var started: Date?
    public var ended: Date?

    public init(
        job: JobID, name: String, kind: TaskKind, dependencies: [String] = [], options: TaskOptions = TaskOptions(),
        onError: TaskFailureRule = .stop, state: TaskState = .queued, attempt: Int = 0, formerAttempts: Int = 0,
        progress: Double = 0, notBefore: Date? = nil, errorCode: String? = nil, errorMessage: String? = nil,
        errorClass: TaskErrorClass? = nil, result: [String: String] = [:], started: Date? = nil, ended: Date? = nil
    ) {
        self.job = job
        self.name = name
        self.kind = kind
        self.dependencies = dependencies
        self.options = options
        self.onError = onError
        self.state = state
        self.attempt = attempt
        self.formerAttempts = formerAttempts
        self.progress = progress
        self.notBefore = notBefore
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.errorClass = errorClass
        self.result = result
        self.started = started
        self.ended = ended
    }

    /// Whether the job cannot succeed any more because of it.
    var stopsJob: Bool { state == .error && onError == .stop }

    /// How long it still takes, in seconds, as it went until now; nil while nothing is known.
    public func remaining(at now: Date) -> Double? {
        guard state == .processing, progress >= 0.01, progress < 1, let started else { return nil }
        return max(now.timeIntervalSince(started) * (1 - progress) / progress, 0)
    }
}
