import Administration
import ArgumentParser
import KeyServer

struct OperationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what is under way in the server, and what ended last; newest first.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.makeServerOperator().perform(ListOperations()).print(json: common.json)
    }
}

struct OperationShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show how far an operation is; with --json also what came of it.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "The operation's id.")
    var id: String

    func run() async throws {
        try await common.makeServerOperator().perform(ShowOperation(id: id)).print(json: common.json)
    }
}

struct OperationCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel an operation: it ends within a second or two.",
        discussion: """
            What it did stays: a backup that is begun again under its name goes on, and so does a rotation. A verification \
            begins anew. Ends with 0 once it is being canceled; 'keyway operation watch' waits for the end. 65: it has ended.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The operation's id.")
    var id: String

    func run() async throws {
        try await common.makeServerOperator().perform(CancelOperation(id: id)).print(json: common.json)
    }
}

extension ListOperations.Report: Report {
    var text: String {
        Table.render(
            ["OPERATION", "KIND", "SUBJECT", "ACTOR", "STATE", "%", "BEGUN"],
            operations.map { operation in
                [
                    operation.id, operation.kind.rawValue, operation.subject ?? "-", Terminal.quoted(operation.actor),
                    operation.errorCode.map { "\(operation.state.rawValue): \($0)" } ?? operation.stateInWords,
                    operation.progress.percent, operation.begun.rfc3339,
                ]
            })
    }
}

extension OperationReport {
    fileprivate var stateInWords: String { canceling == true ? "being canceled" : state.rawValue }
}

extension OperationReport: Report {
    var text: String {
        var lines = ["operation  \(id)", "kind       \(kind.rawValue)"]
        if let subject { lines.append("subject    \(subject)") }
        lines += ["actor      \(Terminal.quoted(actor))", "state      \(stateInWords)"]
        lines += ["progress   \(progress.percent) %", "begun      \(begun.rfc3339)"]
        if let ended { lines.append("ended      \(ended.rfc3339)") }
        if let error { lines.append("error      \(error)") }
        return lines.joined(separator: "\n")
    }
}
