import ArgumentParser

struct OriginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "origin", abstract: "Origins that run alone ('keyway-origin') and ask this service for keys.",
        discussion: """
            An origin is known by the certificate that it shows to the listener 'listen.origins'. It is given the keys of \
            what open locators publish, and no others.
            """,
        subcommands: [OriginCreate.self, OriginList.self, OriginRevoke.self])
}
