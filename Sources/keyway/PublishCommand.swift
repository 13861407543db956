import Adapters
import ArgumentParser
import Foundation

struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish an asset: make its keys and a locator, and print every streaming URL.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var publication: PublicationOptions

    @Argument(help: "The asset's name.")
    var asset: String

    func run() async throws {
        let installation = try await common.open()
        let configuration = try await ServiceConfiguration.load(
            path: nil, environment: ProcessInfo.processInfo.environment)
        try await installation.publish(
            try publication.request(asset: asset), endpoint: "http://\(configuration.listenOrigin)"
        ).print(json: common.json)
    }
}
