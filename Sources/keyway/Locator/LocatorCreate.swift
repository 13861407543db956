import ArgumentParser

struct LocatorCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a locator of an asset: the same as 'publish'.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var publication: PublicationOptions

    @Argument(help: "The asset's name.")
    var asset: String

    func run() async throws {
        try await publication.publish(asset, common)
    }
}
