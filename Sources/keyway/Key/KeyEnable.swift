import Administration
import ArgumentParser

struct KeyEnable: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Deliver a disabled key again.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func verb() -> EnableKey { EnableKey(name: key) }
}
