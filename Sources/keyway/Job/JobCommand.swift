import ArgumentParser

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Jobs: runs of transforms, task by task.",
        discussion: """
            A job is worked on by whoever holds the data folder's worker lock: 'keyway serve' with the role worker, or a \
            command that waits for a job's end.
            """,
        subcommands: [
            JobSubmit.self, JobList.self, JobShow.self, JobWatch.self, JobCancel.self, JobPause.self, JobResume.self,
            JobRetry.self,
        ])
}
