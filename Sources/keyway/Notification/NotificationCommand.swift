import Administration
import ArgumentParser
import KeyServer

struct NotificationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notification", abstract: "Notification endpoints: who is told what happens to jobs.",
        discussion: "An endpoint is declared by a document of kind NotificationEndpoint and 'keyway apply'.",
        subcommands: [NotificationList.self, NotificationLog.self])
}

struct NotificationList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the notification endpoints.")

    @OptionGroup var common: CommonOptions

    @OptionGroup var page: PageOptions

    func verb() -> ListNotificationEndpoints { ListNotificationEndpoints(after: page.after, limit: page.limit) }
}

extension ListNotificationEndpoints.Report: Report {
    var text: String {
        Table.render(["NAME", "EVENTS", "SECRET", "URL"], endpoints.map { [$0.name, $0.events, $0.secret, $0.url] })
    }
}

struct NotificationLog: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the messages, newest first, and what became of each.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Only those to this endpoint.")
    var endpoint: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func verb() -> ListDeliveries { ListDeliveries(endpoint: endpoint, limit: limit) }
}

extension ListDeliveries.Report: Report {
    var text: String {
        Table.render(
            ["CREATED", "DELIVERY", "ENDPOINT", "EVENT", "JOB", "STATE", "ATTEMPT", "STATUS", "REASON"],
            deliveries.map {
                [
                    $0.created.rfc3339, $0.id, $0.endpoint, $0.event, $0.job, $0.state, "\($0.attempt)",
                    $0.status.map(String.init) ?? "-", $0.error ?? "-",
                ]
            })
    }
}
