import ArgumentParser

struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish an asset: make its keys and a locator, and print every streaming URL.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var publication: PublicationOptions

    @Argument(help: "The asset's name.")
    var asset: String

    func run() async throws {
        try await publication.publish(asset, common)
    }
}
