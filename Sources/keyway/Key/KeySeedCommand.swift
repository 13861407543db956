import Adapters
import Administration
import ArgumentParser
import Foundation
import KeyServer

struct KeySeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed", abstract: "Key seeds: one secret that gives any number of keys.",
        subcommands: [KeySeedCreate.self, KeySeedList.self])
}

struct KeySeedCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Store a PlayReady key seed of 30 bytes or more, wrapped under the KEK.",
        discussion: """
            The seed comes from --from-file or standard input, never from the command line: hex:… or base64:…, or its \
            bytes as they are. With --random a new one is made, which nobody outside will know.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The seed's name.")
    var name: String

    @Option(help: "The type of its keys: common, common-cbcs or envelope.")
    var type: String

    @Option(name: [.customLong("policy"), .customLong("auth")], help: "The authorization policy of its keys.")
    var policy: String?

    @Option(help: "Read the seed from this file.")
    var fromFile: String?

    @Flag(help: "Make a random seed.")
    var random = false

    func run() async throws {
        let keyType = try KeyOptions.type(type)
        guard !(random && fromFile != nil) else {
            throw CommandFailure(.usage, "--random and --from-file do not go together")
        }
        if CommonOptions.isRemote || random { return try await createAsVerb() }
        // Here the bytes never become a text.
        var value = try SecretInput.withValue(file: fromFile) { Array($0) }
        defer { SecretInput.zero(&value) }
        let report = try await common.open().keyOperations(by: Installation.localActor)
            .createSeed(name, value, type: keyType, authorizationPolicy: policy, at: Date())
        try Answer(seed: report).print(json: common.json)
    }

    private func createAsVerb() async throws {
        let value =
            random ? nil : try SecretInput.withValue(file: fromFile) { "base64:" + Data($0).base64EncodedString() }
        let report = try await common.perform(
            CreateKeySeed(name: name, type: type, value: value, authorizationPolicy: policy))
        try Answer(seed: report).print(json: common.json)
    }

    private struct Answer: Report {
        var seed: KeySeedReport
        var text: String { Table.render(KeySeedReport.heading, [seed.row]) }

        func encode(to encoder: any Encoder) throws {
            try seed.encode(to: encoder)
        }
    }
}

struct KeySeedList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the key seeds.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var seeds: [KeySeedReport]
        var text: String { Table.render(KeySeedReport.heading, seeds.map(\.row)) }
    }

    func run() async throws {
        let pages = try await common.makeOperator().pages { ListKeySeeds(after: $0) }
        try Answer(seeds: pages.flatMap(\.seeds)).print(json: common.json)
    }
}
