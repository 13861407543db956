import Administration
import ArgumentParser
import Catalog
import Foundation
import Glibc
import KeyServer

struct AuditExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the audit log as JSON lines, with its hashes and signed checkpoints.",
        discussion: """
            Whoever has the file and the public key can verify it without this program: see Documentation/audit.md. \
            --from goes on where an earlier export ended: its last record and one.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "The first record: its number, or a time as 2027-01-31T12:00:00Z.")
    var from: String?

    @Option(help: "The last record: its number, or the time before which it was written.")
    var to: String?

    @Option(help: "The file to write; replaced when the export is complete. Standard output when absent.")
    var output: String?

    private struct Exported: Report {
        var output: String
        var records: Int
        /// The last record in the file.
        var last: Int64

        var text: String {
            "exported \(CountText.text(records, "record")) to '\(output)'; the next export begins with --from \(last + 1)"
        }
    }

    private static let page = 1000

    func validate() throws {
        if common.json, output == nil {
            throw ValidationError("--json needs --output: the lines themselves are JSON already")
        }
    }

    func run() async throws {
        let interface = try await common.makeOperator()
        guard let output else {
            _ = try await write(interface) { Terminal.print($0) }
            return
        }
        let file = try ReplacedFile(output)
        let (records, last) = try await write(interface) { try file.write($0 + "\n") }
        try file.complete()
        try Exported(output: output, records: records, last: last).print(json: common.json)
    }

    private func write(
        _ interface: any OperatorInterface, _ line: (String) throws -> Void
    ) async throws -> (records: Int, last: Int64) {
        var records = 0
        var after: Int64?
        while true {
            let page = try await interface.perform(ExportAudit(from: from, to: to, after: after, limit: Self.page))
            for text in page.lines {
                try line(text)
                if text.hasPrefix(#"{"record":"#) { records += 1 }
            }
            guard let next = page.next.flatMap({ Int64($0) }) else { return (records, page.last) }
            after = next
        }
    }
}
