import Administration
import ArgumentParser

struct SecretDelete: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret; policies that name it then refuse every token.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The secret's name.")
    var name: String

    func verb() -> DeleteSecret { DeleteSecret(name: name) }
}

extension DeleteSecret.Report: Report {
    var text: String { "deleted \(name)" }
}
