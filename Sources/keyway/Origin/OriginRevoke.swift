import Administration
import ArgumentParser

struct OriginRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Give an origin nothing any more, now and for good.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The origin's name.")
    var name: String

    func run() async throws {
        try await common.perform(RevokeOrigin(name: name)).print(json: common.json)
    }
}

extension RevokeOrigin.Report: Report {
    var text: String { "revoked \(name)" }
}
