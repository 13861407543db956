import Administration
import ArgumentParser

struct KeyRestore: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Keep a key that waits for its deletion.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func verb() -> RestoreKey { RestoreKey(name: key) }
}
