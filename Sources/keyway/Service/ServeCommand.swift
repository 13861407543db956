import Adapters
import ArgumentParser
import Foundation
import HTTPSurface
import KeyServer

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server until SIGTERM or SIGINT.")

    @OptionGroup var common: CommonOptions

    @Option(help: "What the server does: a list of keys, origin, admin, worker (default: all).")
    var roles = "keys,origin,admin,worker"

    func run() async throws {
        ServiceLog.use(environment: ProcessInfo.processInfo.environment)
        let roles = try ServiceRole.list(roles)
        let configuration = try await common.configuration()
        ServiceLog.use(configuration.log)
        Terminal.warn(ServiceConfiguration.strangeVariables(in: ProcessInfo.processInfo.environment), of: "keyway")
        let installation = try await common.open()
        try await Server(
            installation: installation, configuration: configuration, roles: roles,
            logger: ServiceLog.logger("keyway"),
            onListening: { [json = common.json] in ListeningLine(listener: $0, url: $1).print(json: json) },
            accessLog: configuration.accessLog == .json ? AccessLog() : nil
        ).run()
    }
}
