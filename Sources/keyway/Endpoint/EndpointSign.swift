import Administration
import ArgumentParser
import KeyServer
import Policies

struct EndpointSign: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a path: print the query and the cookie that let its objects be fetched.",
        discussion: """
            A path that ends with a slash stands for everything below it: /LOCATOR/ for all of a locator. The secret stays \
            where it is, also over KEYWAY_URL.
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

    func verb() -> SignPath {
        SignPath(name: endpoint, path: path, expires: expires, ip: ip, alternate: alternate ? true : nil)
    }
}

extension SignPath.Report: Report {
    var text: String { "query   \(query)\ncookie  \(cookie)\nuntil   \(expires.rfc3339)" }
}
