import Administration
import ArgumentParser
import KeyServer

struct EndpointList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the streaming endpoints.")

    @OptionGroup var common: CommonOptions

    @OptionGroup var page: PageOptions

    func verb() -> ListEndpoints { ListEndpoints(after: page.after, limit: page.limit) }
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
