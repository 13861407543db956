import Administration
import ArgumentParser

struct KeyShow: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a content key, without its bytes.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String

    func verb() -> ShowKey { ShowKey(name: key) }
}
