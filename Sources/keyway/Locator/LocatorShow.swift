import Administration
import ArgumentParser
import KeyServer

struct LocatorShow: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a locator and every streaming URL under it, with those of its still pictures.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The locator's id.")
    var locator: String

    func verb() -> ShowLocator { ShowLocator(locator: locator) }
}

extension ShowLocator.Report: Report {
    var text: String {
        """
        locator   \(id)
        asset     \(asset)
        delivery  \(deliveryPolicies.joined(separator: ", "))
        from      \(start.rfc3339)
        until     \(end.rfc3339)
        state     \(revoked ? "revoked" : "valid")

        \(Table.render(["FORMAT", "ENCRYPTION", "URL"], streams.map { [$0.format, $0.encryption, $0.url] }))
        """ + pictures.table
    }
}
