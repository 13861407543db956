import ArgumentParser
import Foundation
import Glibc
import HTTPSurface
import OriginAdapters
import Serving
import Settings

/// The origin alone: media, and no key-encryption key.
struct KeywayOrigin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyway-origin",
        abstract: "The origin alone, until SIGTERM or SIGINT.",
        discussion: """
            Serves what 'keyway serve --roles origin' serves, byte for byte, from the same data folder, which it only reads. \
            It has no key-encryption key: it asks the key service for content keys over TLS, with the certificate that \
            'keyway origin create' enrolled there.
            """,
        version: Version.text)

    @Option(help: "The data folder (KEYWAY_DATA, default ./var).")
    var data: String?

    @Option(help: "The configuration file (default keyway-origin.yaml where it is).")
    var config: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        ServiceLog.use(environment: environment)
        let configuration = try OriginConfiguration.load(path: config, environment: environment)
        ServiceLog.use(configuration.log)
        Terminal.warn(OriginConfiguration.strangeVariables(in: environment), of: "keyway-origin")
        let installation = try await OriginInstallation.open(
            dataFolder: data ?? environment["KEYWAY_DATA"] ?? "./var", keyService: configuration.keyService,
            accounts: configuration.storageAccounts)
        let server = OriginServer(
            installation: installation, configuration: configuration, logger: ServiceLog.logger("keyway-origin"))
        do {
            try await server.greet()
            try await server.run()
        } catch {
            await installation.shutDown()
            throw error
        }
        await installation.shutDown()
    }
}

/// Starts the program: parses, runs, and turns every failure into a message on standard error and a code of sysexits.h.
@main
enum Program {
    static func main() async {
        ProgramStart.protectProcess()
        do {
            var command = try KeywayOrigin.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            if let failure = CommandFailure(error) {
                Terminal.error(failure.text(of: "keyway-origin"))
                Glibc.exit(failure.code.rawValue)
            }
            KeywayOrigin.exit(withError: error)
        }
    }
}

extension CommandFailure {
    /// Nil for the argument parser's own errors, which know their exit codes.
    fileprivate init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ConfigurationError: self.init(error)
        case let error as TLSFilesError: self.init(.badData, error.description)
        case let error as OriginInstallationError: self.init(.unavailable, error.description)
        case is CancellationError: self.init(.unavailable, "interrupted")
        default:
            guard KeywayOrigin.exitCode(for: error) == .failure else { return nil }
            self.init(.software, String(describing: error))
        }
    }
}
