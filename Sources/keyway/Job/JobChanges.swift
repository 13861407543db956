import Administration
import ArgumentParser

struct JobCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel a job: what is under way is ended within a second or two.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func run() async throws {
        try await common.perform(CancelJob(id: id)).print(json: common.json)
    }
}

struct JobPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Begin nothing more of a job until it is resumed; what is under way goes on to its end.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func run() async throws {
        try await common.perform(PauseJob(id: id)).print(json: common.json)
    }
}

struct JobResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused job go on.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func run() async throws {
        try await common.perform(ResumeJob(id: id)).print(json: common.json)
    }
}

struct JobRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Begin a failed or canceled job again, at the tasks that did not finish.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func run() async throws {
        try await common.perform(RetryJob(id: id)).print(json: common.json)
    }
}
