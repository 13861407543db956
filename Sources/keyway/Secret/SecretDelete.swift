import Administration
import ArgumentParser

struct SecretDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a secret; policies that name it then refuse every token.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The secret's name.")
    var name: String

    func run() async throws {
        try await common.perform(DeleteSecret(name: name)).print(json: common.json)
    }
}

extension DeleteSecret.Report: Report {
    var text: String { "deleted \(name)" }
}
