import Administration
import ArgumentParser
import KeyServer

struct JobShow: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a job with its tasks.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func verb() -> ShowJob { ShowJob(id: id) }
}

extension JobDetails: Report {
    var text: String {
        var lines = [
            "job        \(job.id)", "asset      \(job.asset)", "transform  \(job.transform)",
            "state      \(job.state)", "priority   \(job.priority)", "progress   \(job.progress.percent) %",
        ]
        if let version = job.version { lines.append("version    \(version)") }
        if let remaining { lines.append("remaining  \(remaining) s") }
        lines += inputs.map { "input      \($0)" }
        lines += job.correlation.sorted { $0.key < $1.key }.map { "with       \($0.key)=\($0.value)" }
        if let message = job.errorMessage { lines.append("error      \(message)") }
        lines.append("")
        lines.append(
            Table.render(
                ["TASK", "KIND", "STATE", "%", "ATTEMPT", "AFTER", "RESULT"],
                tasks.map { task in
                    [
                        task.name, task.kind, task.errorCode.map { "\(task.state): \($0)" } ?? task.state,
                        task.progress.percent, "\(task.attempt)",
                        task.after.isEmpty ? "-" : task.after.joined(separator: ","),
                        task.result.isEmpty
                            ? "-"
                            : task.result.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                                .joined(separator: " "),
                    ]
                }))
        // What failed is said below with its time.
        lines += waits.filter { $0.until == nil }.map { wait in
            "waiting: " + (wait.task.map { "\($0): " } ?? "") + wait.reason
        }
        for task in tasks {
            guard let message = task.errorMessage else { continue }
            let again = task.notBefore.map { ", again at \($0.rfc3339)" } ?? ""
            lines.append("\(task.name): \(message)\(again)")
        }
        lines += warnings.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }
}
