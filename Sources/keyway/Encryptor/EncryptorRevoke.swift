import Administration
import ArgumentParser

struct EncryptorRevoke: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Close an encryptor's token now and for good; its keys stay.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The encryptor's name.")
    var name: String

    func verb() -> RevokeEncryptor { RevokeEncryptor(name: name) }
}

extension RevokeEncryptor.Report: Report {
    var text: String { "revoked \(name)" }
}
