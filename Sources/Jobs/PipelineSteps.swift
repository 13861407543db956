public import Catalog

/// What a task works on, beside its job.
public struct StepInput: Sendable {
    public var job: JobRecord
    public var task: TaskRecord
    /// That the job's encode task made.
    public var version: AssetVersionRecord
    /// The results of the job's tasks that finished, by their names.
    public var results: [String: [String: String]]

    public init(
        job: JobRecord, task: TaskRecord, version: AssetVersionRecord, results: [String: [String: String]]
    ) {
        self.job = job
        self.task = task
        self.version = version
        self.results = results
    }
}

/// The steps that other parts of the program do. Each may be done again after a crash, and then comes to the same.
public struct PipelineSteps: Sendable {
    /// Throws `JobFailure`.
    public typealias Step = @Sendable (StepInput) async throws -> TaskOutcome

    /// Plays samples of the version as players would get them.
    public var verify: Step
    /// Gives the changes that make the version the current one, and a locator where there is none for it.
    public var publish: Step
    /// Writes what is published as files for plain storage; nil leaves it to another program, which knows where it may.
    public var package: Step?
    /// Asks caches for the start of every rendition.
    public var prewarm: Step
    /// Puts the inputs of a job to the checks.
    public var check: @Sendable (JobRecord) async throws -> TaskOutcome
    /// Whether this program knows all checks that there are to be made: else it leaves them to another one.
    public var canCheck: @Sendable () async throws -> Bool

    public init(
        verify: @escaping Step, publish: @escaping Step, package: Step? = nil, prewarm: @escaping Step,
        check: @escaping @Sendable (JobRecord) async throws -> TaskOutcome = { _ in
            throw JobFailure(.notConfigured, "inputs cannot be checked here")
        },
        canCheck: @escaping @Sendable () async throws -> Bool = { true }
    ) {
        self.verify = verify
        self.publish = publish
        self.package = package
        self.prewarm = prewarm
        self.check = check
        self.canCheck = canCheck
    }

    /// Where there is nothing but an encoder.
    public static let none = PipelineSteps(
        verify: unavailable, publish: unavailable, package: unavailable, prewarm: unavailable)

    /// The kinds of tasks that this program leaves to others: their configuration is not known here.
    func kindsForOthers() async throws -> Set<TaskKind> {
        var kinds: Set<TaskKind> = package == nil ? [.package] : []
        if try await !canCheck() { kinds.insert(.checks) }
        return kinds
    }

    @Sendable static func unavailable(_ input: StepInput) async throws -> TaskOutcome {
        throw JobFailure(.notConfigured, "tasks of kind '\(input.task.kind.rawValue)' cannot be done here")
    }
}
