import Administration
import ArgumentParser
import KeyServer

struct JobList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Only those of this asset.")
    var asset: String?

    @Option(
        help: "Only those in this state: queued, scheduled, processing, finished, error, canceled, canceling, paused.")
    var state: String?

    @Option(help: "Start after the job of this id.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func verb() -> ListJobs { ListJobs(asset: asset, state: state, after: after, limit: limit) }
}

extension ListJobs.Report: Report {
    var text: String {
        Table.render(
            ["JOB", "ASSET", "TRANSFORM", "PRIORITY", "STATE", "%", "CREATED"],
            jobs.map { job in
                [
                    job.id, job.asset, job.transform, "\(job.priority)",
                    job.errorCode.map { "\(job.state): \($0)" } ?? job.state, job.progress.percent,
                    job.created.rfc3339,
                ]
            })
    }
}

extension Double {
    /// A fraction in whole per cent.
    var percent: String { isFinite ? "\(Int((Swift.min(Swift.max(self, 0), 1) * 100).rounded(.down)))" : "0" }
}
