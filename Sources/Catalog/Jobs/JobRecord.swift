public import Foundation

/// The identifier of a job: a UUID in lower case.
public struct JobID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init() {
        rawValue = UUID().uuidString.lowercased()
    }

    public var description: String { rawValue }
}

/// Where a job is in its life (Azure Media Services' names, and `paused`).
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nothing of it was begun.
    case queued
    /// What is next waits for its time, since it failed before.
    case scheduled
    case processing
    case finished
    case error
    case canceled
    /// It was canceled, and something of it is still being ended.
    case canceling
    /// Nothing more of it begins until it is resumed.
    case paused

    public var isFinal: Bool {
        self == .finished || self == .error || self == .canceled
    }
}

/// One run of a transform over its inputs: a graph of tasks, which make a version of an asset.
public struct JobRecord: Sendable, Hashable {
    public var id: JobID
    public var asset: String
    /// Absolute path of the input file; of an upload, one or several, on a line each
    /// (`UploadInput`).
    public var input: String
    public var preset: String
    /// The transform's name. What it said is in the job's tasks: a job is not changed by another transform.
    public var transform: String
    /// Larger ones run first.
    public var priority: Int
    /// What whoever submitted it wants to be told with every event.
    public var correlation: [String: String]
    public var state: JobState
    /// From 0 to 1.
    public var progress: Double
    /// A stable code, when the job failed (`EncoderFailureCode` or `workerLost`).
    public var errorCode: String?
    /// What a person reads: the file and the cause.
    public var errorMessage: String?
    public var created: Date
    public var started: Date?
    public var ended: Date?
    /// The asset version that the job made.
    public var version: Int?
    /// What an operator should know of a job that finished.
    public var warnings: [String]
    /// Whether what it makes is encrypted in storage; nil for what the worker is configured to do.
    public var isStorageEncrypted: Bool?
    /// Where what it makes is placed, `default` for the default account; nil where the asset says, or the weights.
    public var storageAccount: String?
    public var isPaused = false
    public var isCanceling = false

    public init(
        id: JobID, asset: String, input: String, preset: String, transform: String? = nil, priority: Int = 0,
        correlation: [String: String] = [:], state: JobState = .queued, progress: Double = 0,
        errorCode: String? = nil, errorMessage: String? = nil, created: Date, started: Date? = nil,
        ended: Date? = nil, version: Int? = nil, warnings: [String] = [], isStorageEncrypted: Bool? = nil,
        storageAccount: String? = nil
    ) {
        self.storageAccount = storageAccount
        self.id = id
        self.asset = asset
        self.input = input
        self.preset = preset
        // An order that is written out has no transform's name.
        self.transform = transform ?? (preset.hasPrefix("{") ? "encode" : preset)
        self.priority = priority
        self.correlation = correlation
        self.state = state
        self.progress = progress
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.created = created
        self.started = started
        self.ended = ended
        self.version = version
        self.warnings = warnings
        self.isStorageEncrypted = isStorageEncrypted
    }

    /// The preset of jobs that take MP4 files as they are.
    public static let uploadPreset = "upload"
    /// Of jobs that encode nothing: they have no input either.
    public static let noPreset = "none"
    public static let priorities = -1000...1000

    /// The input files in order: of uploads and of orders written out (`EncodingOrder.text`) one on each line.
    public var inputs: [String] {
        guard preset != Self.noPreset else { return [] }
        return preset == Self.uploadPreset || preset.hasPrefix("{")
            ? input.split(separator: "\n").map(String.init) : [input]
    }

    /// What a job without a transform of its own does: it encodes, and the version is the asset's current one.
    public var usualTasks: [TaskRecord] {
        [TaskRecord(job: id, name: "encode", kind: .encode, options: TaskOptions(preset: preset))]
    }
}

extension JobRecord {
    /// Takes over what its tasks have come to.
    public mutating func settle(_ tasks: [TaskRecord], at now: Date) {
        let stopper = tasks.first { $0.stopsJob }
        errorCode = stopper?.errorCode
        errorMessage = stopper?.errorMessage
        started = tasks.compactMap(\.started).min()
        state = state(of: tasks, isStopped: stopper != nil)
        progress = Self.progress(of: tasks, hasCome: state != .error && state != .canceled)
        ended = state.isFinal ? ended ?? now : nil
    }

    /// - Parameter hasCome: false where the job came to nothing: then what failed or was not begun is no part of what was done.
    private static func progress(of tasks: [TaskRecord], hasCome: Bool) -> Double {
        let whole = tasks.reduce(0) { $0 + $1.kind.weight }
        let done = tasks.reduce(0) { sum, task in
            let isDone = task.state == .finished || (hasCome && task.state.isFinal)
            return sum + task.kind.weight * (isDone ? 1 : task.progress)
        }
        return whole > 0 ? min(done / whole, 1) : hasCome ? 1 : 0
    }

    private func state(of tasks: [TaskRecord], isStopped: Bool) -> JobState {
        let isRunning = tasks.contains { $0.state == .processing }
        let isOver = tasks.allSatisfy(\.state.isFinal)
        if isCanceling { return isRunning ? .canceling : .canceled }
        if isStopped { return isRunning ? .processing : .error }
        if isOver { return .finished }
        if isPaused { return .paused }
        if isRunning { return .processing }
        if tasks.contains(where: { $0.state == .scheduled }) { return .scheduled }
        return tasks.contains(where: \.state.isFinal) ? .processing : .queued
    }
}
