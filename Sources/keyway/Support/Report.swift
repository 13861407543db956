import Foundation
import KeyServer

/// What a verb found: printed for people, or with `--json` as one document.
protocol Report: Encodable {
    /// For people; may have several lines.
    var text: String { get }
}

extension Report {
    func print(json: Bool) throws {
        guard json else { return Terminal.print(text) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        Terminal.print(String(decoding: try encoder.encode(self), as: UTF8.self))
    }
}

/// Rows in aligned columns.
enum Table {
    /// - Parameter none: what is said in the place of a table without rows.
    static func render(_ heading: [String], _ rows: [[String]], none: String = "(none)") -> String {
        guard !rows.isEmpty else { return none }
        let all = [heading] + rows
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell.padding(toLength: widths[column], withPad: " ", startingAt: 0)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
