import AdminContract
import Administration
import ArgumentParser
import Catalog
import Foundation
import KeyServer

struct TransformCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transform", abstract: "Transforms: recipes for jobs.",
        discussion:
            "A transform is declared by a document of kind Transform: 'keyway apply', or 'keyway transform put' for one.",
        subcommands: [
            TransformList.self, TransformShow.self, TransformValidate.self, TransformPut.self, TransformDelete.self,
        ])
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

struct TransformPut: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Store one transform, whatever was there before.",
        discussion: """
            The document is that of 'keyway transform show' or of 'keyway apply', in YAML or JSON; kind and name may be left out. \
            Jobs that were submitted keep the transform that they were submitted with.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The transform's name.")
    var name: String

    @Argument(help: "The document's file; standard input when absent.")
    var file: String?

    @Flag(help: "Refuse to replace one that is there.")
    var new = false

    /// In bytes, as over the admin API.
    private static let maximumDocument = AdminRoute.defaultMaximumBody

    func verb() throws -> PutTransform {
        PutTransform(name: name, document: try document(), ifNoneMatch: new ? "*" : nil)
    }

    func run() async throws {
        do {
            try await common.perform(verb()).print(json: common.json)
        } catch let error as OperatorError where !error.fields.isEmpty {
            throw error.naming(file ?? "standard input", insteadOf: name)
        }
    }

    private func document() throws -> String {
        let place = file.map { "'\($0)'" } ?? "standard input"
        let data: Data
        do {
            let handle = try file.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) } ?? .standardInput
            data = try handle.read(upToCount: Self.maximumDocument + 1) ?? Data()
        } catch {
            throw CommandFailure(.noInput, "cannot read \(place): \(SystemReason.text(error))")
        }
        guard data.count <= Self.maximumDocument else {
            throw CommandFailure(
                .badData, "\(place) has more than \(Self.maximumDocument >> 10) KiB: that is no transform")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure(.badData, "\(place) is not a text in UTF-8")
        }
        return text
    }
}

extension OperatorError {
    /// Who checks a document that was sent knows its name and not its file: the places are told by the file.
    fileprivate func naming(_ file: String, insteadOf name: String) -> OperatorError {
        var error = self
        let places = Set(fields.map(\.field))
        func renamed(_ place: String) -> String {
            place.hasPrefix("\(name):") ? file + place.dropFirst(name.count) : place
        }
        error.fields = fields.map { FieldProblem(renamed($0.field), $0.detail) }
        error.message = message.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let place = places.first { line.hasPrefix("\($0): ") }
            return place.map { renamed($0) + line.dropFirst($0.count) } ?? String(line)
        }.joined(separator: "\n")
        return error
    }
}

extension TransformPutReport: Report {
    var text: String { "\(change) Transform \(transform.name)" }
}

struct TransformDelete: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a transform; jobs that were submitted go on.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The transform's name.")
    var name: String

    func verb() -> DeleteTransform { DeleteTransform(name: name) }
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
        var text: String { "valid: \(CountText.text(documents, "document"))" }
    }

    func run() async throws {
        let files = try ApplyCommand.sources(paths)
        let report = try await common.perform(ApplyDocuments(files: files, prune: false, dryRun: true))
        try Answer(documents: report.changes.count).print(json: common.json)
    }
}
