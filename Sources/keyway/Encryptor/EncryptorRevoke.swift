import Administration
import ArgumentParser

struct EncryptorRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Close an encryptor's token now and for good; its keys stay.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The encryptor's name.")
    var name: String

    func run() async throws {
        try await common.perform(RevokeEncryptor(name: name)).print(json: common.json)
    }
}

extension RevokeEncryptor.Report: Report {
    var text: String { "revoked \(name)" }
}
