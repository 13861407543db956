import Adapters
import Administration
import ArgumentParser
import Catalog
import Foundation
import KeyServer
import Origin
import Policies

struct EndpointSign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a path: print the query and the cookie that let its objects be fetched.",
        discussion: """
            A path that ends with a slash stands for everything below it: /LOCATOR/ for all of a locator. Works on the \
            local data folder, where the secret is.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The path, from its first slash on; with a slash at its end for everything below it.")
    var path: String

    @Option(help: "The endpoint, whose secret signs.")
    var endpoint = StreamingEndpoint.defaultName

    @Option(help: "How long it is good, as 2h.")
    var expires = "2h"

    @Option(help: "Only for this client address.")
    var ip: String?

    @Flag(help: "Sign with the alternate secret.")
    var alternate = false

    private struct Answer: Report {
        var path: String
        var query: String
        var cookie: String
        var expires: Date

        var text: String { "query   \(query)\ncookie  \(cookie)\nuntil   \(expires.rfc3339)" }
    }

    func run() async throws {
        guard let seconds = DurationText.seconds(expires), seconds > 0 else {
            throw CommandFailure(.badData, "--expires is not a duration as 60s, 5m, 12h: '\(expires)'")
        }
        let address = try ip.map { text -> IPAddress in
            guard let address = IPAddress(text) else {
                throw CommandFailure(.badData, "'\(text)' is not an IP address")
            }
            return address
        }
        let until = Date().addingTimeInterval(Double(seconds))
        guard let signature = PathSignature(expires: until, prefix: path, address: address) else {
            throw CommandFailure(.badData, "'\(path)' is not a path of the origin: /LOCATOR/ or /LOCATOR/NAME.ism/…")
        }
        let installation = try await common.open()
        let rule = try await installation.catalog.streamingEndpoint(named: endpoint)?.signedURLs
        guard let rule, let secret = alternate ? rule.alternate : rule.secret else {
            throw CommandFailure(
                .noInput,
                "endpoint '\(endpoint)' has no \(alternate ? "alternate secret" : "'signedURLs'") to sign with")
        }
        guard let text = try installation.withSecret(named: secret, { try signature.text(under: $0) }) else {
            throw CommandFailure(.noInput, "there is no secret '\(secret)'; make it with 'keyway secret set \(secret)'")
        }
        let parameter = "\(PathSignature.name)=\(text)"
        let folder = path.hasSuffix("/") ? path : String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
        try Answer(
            path: path, query: parameter, cookie: "\(parameter); Path=\(folder); Secure; HttpOnly; SameSite=None",
            expires: signature.expires
        ).print(json: common.json)
    }
}
