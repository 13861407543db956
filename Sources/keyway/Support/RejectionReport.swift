import Administration

/// One thing wrong with documents, for programs.
struct DocumentFinding: Encodable {
    /// Nil, with line and column, for what stands in no file.
    var file: String?
    var line: Int?
    var column: Int?
    var message: String

    /// - Parameter place: `file:line:column`.
    init(_ place: String, _ message: String) {
        let parts = place.split(separator: ":", omittingEmptySubsequences: false)
        self.message = message
        guard parts.count >= 3, let column = Int(parts[parts.count - 1]), let line = Int(parts[parts.count - 2]) else {
            return
        }
        (self.line, self.column) = (line, column)
        file = parts.dropLast(2).joined(separator: ":")
    }
}

/// What `--json` prints where documents are refused, before the command fails as it does without.
protocol RejectionReport: Report {
    var errors: [DocumentFinding] { get }
}

extension RejectionReport {
    var text: String { errors.map(\.message).joined(separator: "\n") }

    /// Gives what `body` gives; where it is refused for what documents say, prints that first.
    static func printed<Value>(
        json: Bool, _ make: ([DocumentFinding]) -> Self, of body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as OperatorError where json && [.invalid, .inUse, .conflict].contains(error.code) {
            let findings =
                error.fields.isEmpty
                ? error.message.split(separator: "\n").map { DocumentFinding("", String($0)) }
                : error.fields.map { DocumentFinding($0.field, $0.detail) }
            try make(findings).print(json: true)
            throw error
        }
    }
}
