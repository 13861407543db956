import Administration
import ArgumentParser
import Foundation
import KeyServer

struct TransformCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transform", abstract: "Transforms: recipes for jobs.",
        discussion: "A transform is declared by a document of kind Transform and 'keyway apply'.",
        subcommands: [TransformList.self, TransformShow.self, TransformValidate.self])
}

struct TransformList: VerbCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the transforms.")

    @OptionGroup var common: CommonOptions

    @OptionGroup var page: PageOptions

    func verb() -> ListTransforms { ListTransforms(after: page.after, limit: page.limit) }
}

extension ListTransforms.Report: Report {
    var text: String {
        Table.render(
            ["NAME", "BUILT IN", "TASKS"],
            transforms.map { [$0.name, $0.builtIn ? "yes" : "no", $0.tasks.joined(separator: ",")] })
    }
}

struct TransformShow: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a transform as the document that declares it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The transform's name.")
    var name: String

    func verb() -> ShowTransform { ShowTransform(name: name) }
}

extension TransformForm: Report {
    /// JSON is YAML: a transform has more structure than columns can show.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

struct TransformValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check documents, and that what they refer to is there; changes nothing.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "YAML files, or folders of them.")
    var paths: [String]

    private struct Answer: Report {
        var valid = true
        var documents: Int
        var text: String { "valid: \(documents) documents" }
    }

    func run() async throws {
        let files = try ApplyCommand.sources(paths)
        let report = try await common.perform(ApplyDocuments(files: files, prune: false, dryRun: true))
        try Answer(documents: report.changes.count).print(json: common.json)
    }
}
