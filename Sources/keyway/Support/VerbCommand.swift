import Administration
import ArgumentParser

/// A command that asks for one verb, and prints its report.
protocol VerbCommand: AsyncParsableCommand {
    associatedtype Verb: OperatorVerb where Verb.Report: Report
    var common: CommonOptions { get }
    func verb() throws -> Verb
}

extension VerbCommand {
    func run() async throws {
        try await common.perform(verb()).print(json: common.json)
    }
}

/// Which part of a list that is in order of name is shown.
struct PageOptions: ParsableArguments {
    @Option(help: "Start after this name.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100
}
