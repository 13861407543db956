import Adapters
import ArgumentParser
import Foundation
import HTTPSurface
import KeyServer
import ServiceLifecycle

/// The key service alone: keys, licences and administration, and no code that reads media.
struct KeywayKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyway-keys",
        abstract: "The key service alone, until SIGTERM or SIGINT.",
        discussion: """
            Serves what 'keyway serve --roles keys,admin' serves, from the same data folder and configuration, and is \
            administered by the same 'keyway' commands, on the folder or over KEYWAY_URL. It links no code that reads media.
            """,
        version: Version.text)

    @Option(help: "The data folder (KEYWAY_DATA, default ./var).")
    var data: String?

    @Option(help: "The configuration file (default keyway.yaml where it is).")
    var config: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        ServiceLog.use(environment: environment)
        let configuration = try await ServiceConfiguration.load(path: config, environment: environment)
        ServiceLog.use(configuration.log)
        Terminal.warn(ServiceConfiguration.strangeVariables(in: environment), of: "keyway-keys")
        let installation = try await Installation.open(
            dataFolder: data ?? environment["KEYWAY_DATA"] ?? "./var", kek: configuration.kek,
            keySets: configuration.keySets, storage: configuration.storage)
        let server = KeyServer(
            installation: installation, configuration: configuration, logger: ServiceLog.logger("keyway-keys"),
            onListening: { Terminal.print("listening \($0) \($1)") },
            accessLog: configuration.accessLog == .json ? AccessLog() : nil)
        let keyBase = KeyBaseURL(configured: configuration.keysURL)
        let address = configuration.listenKeys ?? configuration.listenOrigin
        try await server.run { delivery, routes in
            [try server.keyListener("keys", address, routes, keyBase), try server.adminListener()]
                + (try server.originsListener(delivery))
        }
    }
}

/// Starts the program: parses, runs, and turns every failure into a message on standard error and a code of sysexits.h.
@main
enum Program {
    static func main() async {
        ProgramStart.protect()
        do {
            var command = try KeywayKeys.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            CommandFailure.exit(with: error, of: KeywayKeys.self)
        }
    }
}
