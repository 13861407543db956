import Adapters
import Administration
import ArgumentParser
import Foundation

/// The options that all verbs on the data folder share.
struct CommonOptions: ParsableArguments {
    @Option(help: "The data folder (KEYWAY_DATA, default ./var).")
    var data: String?

    @Option(help: "The configuration file (default keyway.yaml where it is).")
    var config: String?

    @Flag(help: "Print one JSON document and nothing else on standard output.")
    var json = false

    var dataFolder: String {
        data ?? ProcessInfo.processInfo.environment["KEYWAY_DATA"] ?? "./var"
    }

    /// Opens the data folder, which is made when it is not there.
    func open() async throws -> Installation {
        if let url = ProcessInfo.processInfo.environment["KEYWAY_URL"], !url.isEmpty {
            throw CommandFailure(
                .unavailable,
                "KEYWAY_URL is set, but this version works on the local data folder only; unset KEYWAY_URL")
        }
        let installation = try await Installation.open(dataFolder: dataFolder, kek: try await configuration().kek)
        try await installation.keyOperations.removeDue(at: Date())
        return installation
    }

    /// What the configuration file and the environment say: the same for every verb and for the server.
    func configuration() async throws -> ServiceConfiguration {
        try await ServiceConfiguration.load(path: config, environment: ProcessInfo.processInfo.environment)
    }
}
