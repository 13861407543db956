import Administration
import ArgumentParser
import Foundation
import KeyServer

struct EndpointShow: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a streaming endpoint as the document that declares it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The endpoint's name.")
    var name: String

    func verb() -> ShowEndpoint { ShowEndpoint(name: name) }
}

extension StreamingEndpointForm: Report {
    /// JSON is YAML: an endpoint has more structure than columns can show.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
