import Adapters
import ArgumentParser
import Foundation
import HTTPSurface
import KeyServer
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server until SIGTERM or SIGINT.")

    @OptionGroup var common: CommonOptions

    @Option(help: "What the server does: a list of keys, origin, admin, worker (default: all).")
    var roles = "keys,origin,admin,worker"

    func run() async throws {
        let roles = try ServiceRole.list(roles)
        let configuration = try await common.configuration()
        Terminal.warn(ServiceConfiguration.strangeVariables(in: ProcessInfo.processInfo.environment), of: "keyway")
        let installation = try await common.open()
        var logger = Logger(label: "keyway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        try await Server(
            installation: installation, configuration: configuration, roles: roles, logger: logger,
            onListening: { [json = common.json] in ListeningLine(listener: $0, url: $1).print(json: json) },
            accessLog: configuration.accessLog == .json ? AccessLog() : nil
        ).run()
    }
}
