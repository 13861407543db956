import ArgumentParser

struct EndpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoint", abstract: "Streaming endpoints: who may ask the origin, and what caches are told.",
        discussion: """
            An endpoint is declared by a document of kind StreamingEndpoint and 'keyway apply'. Changes are in force within \
            a second on every server.
            """,
        subcommands: [
            EndpointList.self, EndpointShow.self, EndpointStart.self, EndpointStop.self, EndpointDelete.self,
            EndpointSign.self,
        ])
}
