import Administration
import ArgumentParser
import KeyServer

struct KnownWorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "known-work", abstract: "Works that the sound of originals is compared with.",
        subcommands: [KnownWorkAdd.self, KnownWorkList.self, KnownWorkRemove.self])
}

struct KnownWorkList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the known works.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Start after the work of this name.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func verb() -> ListKnownWorks { ListKnownWorks(after: after, limit: limit) }
}

struct KnownWorkRemove: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a known work.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its name.")
    var name: String

    func verb() -> RemoveKnownWork { RemoveKnownWork(name: name) }
}

extension ListKnownWorks.Report: Report {
    var text: String {
        Table.render(
            ["NAME", "SECONDS", "ON MATCH", "ADDED", "TITLE"],
            works.map { [$0.name, "\($0.seconds)", $0.action, $0.created.rfc3339, $0.title ?? "-"] })
    }
}

extension KnownWorkReport: Report {
    var text: String { "\(name): \(seconds) seconds of sound, \(action) on a match" }
}

extension RemoveKnownWork.Report: Report {
    var text: String { "\(name) is not compared with any more" }
}
