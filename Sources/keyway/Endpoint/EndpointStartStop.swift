import Administration
import ArgumentParser
import KeyServer

struct EndpointStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Let a streaming endpoint answer again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func run() async throws {
        try await common.perform(StartEndpoint(name: name)).print(json: common.json)
    }
}

struct EndpointStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a streaming endpoint: what is under way is finished, the rest gets 503.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func run() async throws {
        try await common.perform(StopEndpoint(name: name)).print(json: common.json)
    }
}

struct EndpointDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a streaming endpoint: its hosts are default's then, or nobody's.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func run() async throws {
        try await common.perform(DeleteEndpoint(name: name)).print(json: common.json)
    }
}

extension EndpointStateReport: Report {
    var text: String { "endpoint \(name) \(changed ? "is" : "was already") \(running ? "running" : "stopped")" }
}

extension DeleteEndpoint.Report: Report {
    var text: String { "deleted endpoint \(name)" }
}
