import Administration
import ArgumentParser
import KeyServer

struct EndpointStart: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Let a streaming endpoint answer again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func verb() -> StartEndpoint { StartEndpoint(name: name) }
}

struct EndpointStop: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a streaming endpoint: what is under way is finished, the rest gets 503.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func verb() -> StopEndpoint { StopEndpoint(name: name) }
}

struct EndpointDelete: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a streaming endpoint: its hosts are default's then, or nobody's.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func verb() -> DeleteEndpoint { DeleteEndpoint(name: name) }
}

extension EndpointStateReport: Report {
    var text: String { "endpoint \(name) \(changed ? "is" : "was already") \(running ? "running" : "stopped")" }
}

extension DeleteEndpoint.Report: Report {
    var text: String { "deleted endpoint \(name)" }
}
