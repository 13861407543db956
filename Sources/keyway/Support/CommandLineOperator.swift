import Administration

/// Says what is wrong with a verb's fields in the words of the command line: what the contract calls `/deliveryPolicies` was
/// written as `--delivery`, or should have been.
struct CommandLineOperator: OperatorInterface {
    private let inner: any OperatorInterface
    private let names: [String: String]
    private let arguments: [String]

    /// Fields that no option of the same name stands for.
    private static let options = [
        "accessPolicy": "--access", "authorizationPolicy": "--auth", "confirmed": "--yes-clear",
        "deliveryPolicies": "--delivery", "filters": "--filter", "keys": "--kid", "recipients": "--recipient",
    ]

    /// - Parameter names: what else fields are called in this command.
    init(
        _ inner: any OperatorInterface, naming names: [String: String] = [:],
        arguments: [String] = CommandLine.arguments
    ) {
        self.inner = inner
        self.names = Self.options.merging(names) { $1 }
        self.arguments = arguments
    }

    func perform<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report {
        do { return try await inner.perform(verb) } catch { throw inWords(error) }
    }

    func begin<Verb: LongVerb>(_ verb: Verb) async throws -> OperationReport {
        do { return try await inner.begin(verb) } catch { throw inWords(error) }
    }

    private func inWords(_ error: any Error) -> any Error {
        guard var error = error as? OperatorError, error.code == .malformed, !error.fields.isEmpty else { return error }
        error.message = error.fields.map { "\(word($0.field)) \($0.detail)" }.joined(separator: "\n")
        return error
    }

    /// - Parameter field: a JSON pointer, or the name of a parameter.
    func word(_ field: String) -> String {
        let field = String(field.split(separator: "/", omittingEmptySubsequences: true).first ?? "")
        if let name = names[field] { return name }
        let words = field.reduce(into: "") { words, letter in
            words += letter.isUppercase ? "-\(letter.lowercased())" : "\(letter)"
        }
        let option = "--\(words)"
        let isGiven = arguments.contains { $0 == option || $0.hasPrefix(option + "=") }
        return isGiven ? option : "the \(words.replacing("-", with: " "))"
    }
}
