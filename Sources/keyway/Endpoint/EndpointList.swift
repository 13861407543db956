import Administration
import ArgumentParser
import KeyServer

struct EndpointList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the streaming endpoints.")

    @OptionGroup var common: CommonOptions

    @Option(help: "Start after this name.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func run() async throws {
        try await common.perform(ListEndpoints(after: after, limit: limit)).print(json: common.json)
    }
}

extension ListEndpoints.Report: Report {
    var text: String {
        Table.render(
            ["NAME", "STATE", "SIGNED", "HOSTS"],
            endpoints.map {
                [
                    $0.name, $0.enabled ? "running" : "stopped", $0.signedURLs == nil ? "no" : "yes",
                    $0.hosts?.joined(separator: ",") ?? "-",
                ]
            })
    }
}
