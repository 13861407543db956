public import Catalog
import Foundation

/// How often and when something that failed is tried again.
public struct RetryRule: Sendable, Hashable {
    /// Attempts in all of a task whose worker or child was lost.
    public var lost: Int
    /// Attempts in all of a task that storage failed.
    public var storage: Int
    /// Attempts in all of a task that the network failed.
    public var network: Int
    /// Attempts in all of a task that could have no key, or whose storage account or check was away: over about a day.
    public var keys: Int
    /// Before the second attempt, in seconds; it doubles with each further one.
    public var delay: Double

    /// In seconds. A lost worker says nothing of how long it is better to wait.
    private static func longestDelay(_ errorClass: TaskErrorClass) -> Double { errorClass == .lost ? 10 : 600 }

    /// A key service or a disk that is away is away for minutes: what waits for it begins with this many times the usual
    /// delay.
    private static func factor(_ errorClass: TaskErrorClass) -> Double {
        errorClass == .keys || errorClass == .away ? 5 : 1
    }

    public init(lost: Int = 3, storage: Int = 3, network: Int = 6, keys: Int = 150, delay: Double = 2) {
        self.lost = lost
        self.storage = storage
        self.network = network
        self.keys = keys
        self.delay = delay
    }

    /// Attempts in all.
    func attempts(_ errorClass: TaskErrorClass) -> Int {
        switch errorClass {
        case .content, .configuration, .service: 1
        case .storage: storage
        case .network: network
        case .keys, .away: keys
        case .lost: lost
        }
    }

    /// How long to wait before another attempt, in seconds; nil when there is none.
    ///
    /// - Parameter attempt: the one that failed, counted from 1.
    public func wait(after attempt: Int, _ errorClass: TaskErrorClass) -> Double? {
        guard errorClass.mayPass, attempt < attempts(errorClass) else { return nil }
        let first = delay * Self.factor(errorClass)
        return min(first * pow(2, Double(max(attempt - 1, 0))), Self.longestDelay(errorClass))
    }
}

extension TaskRecord {
    /// The task after an attempt of it failed.
    func failed(_ failure: JobFailure, at now: Date, _ rule: RetryRule) -> TaskRecord {
        var task = countedAnew(for: failure.errorClass)
        task.errorCode = failure.code
        task.errorClass = failure.errorClass
        task.errorMessage = failure.message
        task.progress = 0
        if let wait = rule.wait(after: task.attempt - task.formerAttempts, failure.errorClass) {
            task.state = .scheduled
            task.notBefore = now.addingTimeInterval(wait)
        } else {
            task.state = .error
            task.notBefore = nil
            task.ended = now
        }
        return task
    }

    /// Waiting for a key or a disk takes attempts by the dozen: those are none of what fails afterwards.
    private func countedAnew(for errorClass: TaskErrorClass) -> TaskRecord {
        var task = self
        if let former = self.errorClass, former == .keys || former == .away, former != errorClass {
            task.formerAttempts = max(attempt - 1, formerAttempts)
        }
        return task
    }

    /// The task after its worker died.
    func abandoned(at now: Date, isCanceling: Bool, input: String, _ rule: RetryRule) -> TaskRecord {
        var task = countedAnew(for: .lost)
        task.progress = 0
        if isCanceling {
            task.state = .canceled
            task.ended = now
            return task
        }
        task.errorClass = .lost
        if task.attempt - task.formerAttempts < rule.lost {
            task.state = .queued
        } else {
            task.state = .error
            task.ended = now
            task.errorCode = JobFailure.Code.workerLost.rawValue
            task.errorMessage =
                (input.isEmpty ? "" : "\(input): ")
                + "the worker died with it " + CountText.text(task.attempt - task.formerAttempts, "time")
        }
        return task
    }

    /// The task after its worker was told to stop: as though nobody had taken it.
    func givenBack() -> TaskRecord {
        var task = self
        task.state = .queued
        task.attempt -= 1
        task.progress = 0
        return task
    }
}
