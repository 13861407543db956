import Adapters
import AdminClient
import AdminContract
import Administration
import ArgumentParser
import Foundation
import KeyServer

/// The options that all verbs share.
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

    /// `KEYWAY_URL`: the admin API that verbs go to, instead of the data folder.
    private static var serverURL: String? {
        ProcessInfo.processInfo.environment["KEYWAY_URL"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether progress is drawn.
    var drawsProgress: Bool { Terminal.isInteractive && !json }

    /// Whether verbs go to a server.
    static var isRemote: Bool { serverURL != nil }

    /// Opens the data folder, which is made when it is not there: for verbs that need the machine itself.
    func open() async throws -> Installation {
        guard Self.serverURL == nil else {
            throw CommandFailure(
                .unavailable, "this verb works on the local data folder only, and KEYWAY_URL is set; unset KEYWAY_URL")
        }
        let configuration = try await configuration()
        let installation = try await Installation.open(
            dataFolder: dataFolder, kek: configuration.kek, keySets: configuration.keySets,
            storage: configuration.storage)
        try await installation.keyOperations.removeDue(at: Date())
        return installation
    }

    /// What the configuration file and the environment say: the same for every verb and for the server.
    func configuration() async throws -> ServiceConfiguration {
        try await ServiceConfiguration.load(path: config, environment: ProcessInfo.processInfo.environment)
    }

    /// Who does what is asked: this process on the data folder, or the server of `KEYWAY_URL`.
    ///
    /// - Parameter names: what the verb's fields are called in this command, where no option has their name.
    func makeOperator(naming names: [String: String] = [:]) async throws -> any OperatorInterface {
        guard let (address, token) = try server() else {
            return CommandLineOperator(ContractedOperator(try await open().localOperator()), naming: names)
        }
        return CommandLineOperator(try RemoteOperator(address: address, token: token), naming: names)
    }

    /// The server that verbs go to, and the token for it; nil for this machine's data folder.
    func server() throws -> (address: AdminAddress, token: String)? {
        guard let url = Self.serverURL else { return nil }
        guard data == nil else {
            throw CommandFailure(.usage, "--data names a folder and KEYWAY_URL a server: give one of them")
        }
        guard let token = ProcessInfo.processInfo.environment["KEYWAY_TOKEN"], !token.isEmpty else {
            throw CommandFailure(
                .notPermitted,
                "KEYWAY_URL is set and KEYWAY_TOKEN is not; 'keyway admin token create' makes one on the server")
        }
        let authorities = ProcessInfo.processInfo.environment["KEYWAY_CA_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        return (try AdminAddress(url, authoritiesFile: authorities), token)
    }

    /// Does one verb, here or there.
    func perform<Verb: OperatorVerb>(_ verb: Verb, naming names: [String: String] = [:]) async throws -> Verb.Report {
        try await makeOperator(naming: names).perform(verb)
    }
}
