import Catalog
import Policies

/// Lists jobs, newest first.
public struct ListJobs: OperatorVerb {
    public var asset: String?
    public var state: String?
    /// The id of the last job of the page before.
    public var after: String?
    public var limit: Int?

    public init(asset: String? = nil, state: String? = nil, after: String? = nil, limit: Int? = nil) {
        self.asset = asset
        self.state = state
        self.after = after
        self.limit = limit
    }

    public struct Report: PagedReport {
        public var jobs: [JobSummary]
        public var next: String?
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let states = try state.map { word in
            guard let state = JobState(rawValue: word) else {
                throw OperatorError(.invalid, "\(word.quoted) is not a state of jobs")
            }
            return [state]
        }
        let page = try Paging.page(after: nil, limit: limit)
        if let after { _ = try await context.job(JobID(rawValue: after)) }
        let jobs = try await context.catalog.jobs(
            matching: JobQuery(
                asset: asset, states: states ?? [], after: after.map(JobID.init(rawValue:)), limit: page.limit))
        let cut = try Paging.cut(jobs, limit: limit, cursor: \.id.rawValue)
        return Report(jobs: cut.items.map(JobSummary.init), next: cut.next)
    }
}

/// Shows a job with its tasks.
public struct ShowJob: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> JobDetails {
        try await context.report(of: JobID(rawValue: id))
    }
}

/// Cancels a job: what is under way is ended within a second or two.
public struct CancelJob: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> JobDetails {
        try await context.change(id, .jobCanceled) { .cancel($0, at: context.now()) }
    }
}

/// Begins nothing more of a job until it is resumed.
public struct PauseJob: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> JobDetails {
        try await context.change(id, .jobPaused) { .pause($0, at: context.now()) }
    }
}

/// Lets a paused job go on.
public struct ResumeJob: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> JobDetails {
        try await context.change(id, .jobResumed) { .resume($0, at: context.now()) }
    }
}

/// Begins a failed or canceled job again, at the tasks that did not finish.
public struct RetryJob: OperatorVerb {
    public var id: String

    public init(id: String) {
        self.id = id
    }

    public func run(in context: OperatorContext) async throws -> JobDetails {
        try await context.change(id, .jobRetried) { .retry($0, at: context.now()) }
    }
}

extension OperatorContext {
    fileprivate func change(
        _ id: String, _ action: AuditAction, _ change: (JobID) -> PipelineChange
    ) async throws -> JobDetails {
        let job = try await job(JobID(rawValue: id))
        try await catalog.apply([
            .pipeline(change(job.id)), .audit(event(action, detail: "job \(job.id), asset \(job.asset)")),
        ])
        return try await report(of: job.id)
    }
}
