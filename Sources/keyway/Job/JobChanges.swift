import Administration
import ArgumentParser

struct JobCancel: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a job: what is under way is ended within a second or two.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func verb() -> CancelJob { CancelJob(id: id) }
}

struct JobPause: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Begin nothing more of a job until it is resumed; what is under way goes on to its end.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func verb() -> PauseJob { PauseJob(id: id) }
}

struct JobResume: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused job go on.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func verb() -> ResumeJob { ResumeJob(id: id) }
}

struct JobRetry: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Begin a failed or canceled job again, at the tasks that did not finish.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func verb() -> RetryJob { RetryJob(id: id) }
}
