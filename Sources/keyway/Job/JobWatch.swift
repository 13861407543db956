import Adapters
import Administration
import ArgumentParser
import Catalog
import Foundation
import Jobs
import KeyServer
import Logging
import Synchronization

struct JobWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Wait for a job's end and say what happens until then.",
        discussion: """
            Draws a bar for each task where standard error is a terminal, and writes a line for each change otherwise. \
            While no server works on the data folder, this command does. Ends with 0 when the job finished.
            """)

    private static let interval = Duration.milliseconds(300)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The job's id.")
    var id: String

    func run() async throws {
        let interface = try await common.makeOperator()
        var shown = JobProgress(isDrawn: Terminal.isInteractive)
        let first = try await interface.perform(ShowJob(id: id))
        shown.show(first)
        let worker = try await makeWorker(first)
        defer { worker?.task.cancel() }
        var details = first
        while JobState(rawValue: details.job.state)?.isFinal == false {
            try await Task.sleep(for: Self.interval)
            // What ends the work of this process ends the wait for it: nobody else may ever come.
            if let error = worker?.failure { throw error }
            details = try await interface.perform(ShowJob(id: id))
            shown.show(details)
        }
        await worker?.task.value
        shown.finish()
        try details.print(json: common.json)
        switch JobState(rawValue: details.job.state) {
        case .error: throw EncodeCommand.failure(code: details.job.errorCode, details.job.errorMessage)
        case .canceled: throw CommandFailure(.unavailable, "job \(id) was canceled; 'keyway job retry' begins it again")
        default: break
        }
    }

    /// On the data folder: works when nobody else does.
    private func makeWorker(_ details: JobDetails) async throws -> WatchingWorker? {
        guard !CommonOptions.isRemote, JobState(rawValue: details.job.state)?.isFinal == false else { return nil }
        var logger = Logger(label: "keyway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let configuration = try await common.configuration()
        let queue = try await common.open().makeJobQueue(
            configuration.storage, logger: logger, configuration: configuration)
        let id = JobID(rawValue: details.job.id)
        return WatchingWorker { _ = try await queue.waitForEnd(of: id) { _ in } }
    }
}

/// Work beside the wait for its end.
private final class WatchingWorker: Sendable {
    private let found: FoundFailure
    let task: Task<Void, Never>

    init(_ work: @escaping @Sendable () async throws -> Void) {
        let found = FoundFailure()
        self.found = found
        task = Task {
            do {
                try await work()
            } catch {
                found.note(error)
            }
        }
    }

    /// Why it ended before its work was done.
    var failure: (any Error)? { found.error }
}

private final class FoundFailure: Sendable {
    private let first = Mutex<(any Error)?>(nil)

    var error: (any Error)? { first.withLock { $0 } }

    func note(_ error: any Error) { first.withLock { $0 = $0 ?? error } }
}

/// What is seen of a job while it runs.
struct JobProgress {
    private static let width = 24

    let isDrawn: Bool
    private var states: [String: String] = [:]
    private var drawn = 0
    private var waits = ToldWaits()

    init(isDrawn: Bool) {
        self.isDrawn = isDrawn
    }

    mutating func show(_ details: JobDetails) {
        let lines = waits.lines(details)
        if isDrawn {
            if !lines.isEmpty { finish() }
            for line in lines { Terminal.error(Terminal.clean(line)) }
            draw(details)
        } else {
            list(details)
            for line in lines { Terminal.error(Terminal.clean(line)) }
        }
    }

    /// Removes the bars.
    mutating func finish() {
        if drawn > 0 { Self.write("\u{1B}[\(drawn)A\u{1B}[J") }
        drawn = 0
    }

    /// A line for each task whose state changed.
    private mutating func list(_ details: JobDetails) {
        for task in details.tasks {
            let state = task.errorCode.map { "\(task.state): \($0) (attempt \(task.attempt))" } ?? task.state
            guard states.updateValue(state, forKey: task.name) != state else { continue }
            Self.write("\(task.name)  \(state)\n")
        }
    }

    private mutating func draw(_ details: JobDetails) {
        let names = details.tasks.map(\.name.count).max() ?? 0
        var text = drawn > 0 ? "\u{1B}[\(drawn)A\u{1B}[J" : ""
        for task in details.tasks {
            let fraction = task.state == "finished" ? 1 : min(max(task.progress, 0), 1)
            let done = Int((fraction * Double(Self.width)).rounded())
            let bar = String(repeating: "█", count: done) + String(repeating: "░", count: Self.width - done)
            let name = task.name.padding(toLength: names, withPad: " ", startingAt: 0)
            let remaining = task.remaining.map { "  \($0) s left" } ?? ""
            text += "\(name)  \(bar) \(fraction.percent) %  \(task.state)\(remaining)\n"
        }
        drawn = details.tasks.count
        Self.write(text)
    }

    private static func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
