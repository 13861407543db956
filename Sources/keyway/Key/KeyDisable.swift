import Administration
import ArgumentParser

struct KeyDisable: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Give a key to nobody, and encrypt nothing with it, until it is enabled again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func verb() -> DisableKey { DisableKey(name: key) }
}
