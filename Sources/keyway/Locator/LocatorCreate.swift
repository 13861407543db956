import ArgumentParser

struct LocatorCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a locator of an asset: the same as 'publish', or with --sas a signed URL.",
        discussion: """
            With --sas and --access, the asset's originals can be read, written, listed or deleted by URL, as the access \
            policy says, until it ends or is revoked ('keyway locator revoke').
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var publication: PublicationOptions

    @Flag(help: "A signed URL of the asset's originals, instead of streams.")
    var sas = false

    @Argument(help: "The asset's name.")
    var asset: String

    func run() async throws {
        guard !sas else {
            let verb = try publication.sasLocator(of: asset)
            return try await common.perform(verb).print(json: common.json)
        }
        try await publication.publish(asset, common)
    }
}
