public import Catalog

/// Ingest rules as a document declares them: what is shown, and what can be put back.
public struct IngestRulesForm: Codable, Sendable, Hashable {
    public struct Rule: Codable, Sendable, Hashable {
        public var name: String
        public var when: [String: Test]
        public var then: String
        public var message: String?
    }

    public struct Test: Codable, Sendable, Hashable {
        public var below: Double?
        public var above: Double?
        public var anyOf: [String]?
        public var otherThan: [String]?
        public var lacks: [String]?
    }

    public var kind: String
    public var name: String
    public var description: String?
    public var unreadable: String
    public var rules: [Rule]

    public init(_ rules: IngestRules) {
        kind = Document.Kind.ingestRules.rawValue
        name = rules.name
        description = rules.description
        unreadable = rules.unreadable.rawValue
        self.rules = rules.rules.map { rule in
            var tests: [String: Test] = [:]
            for condition in rule.conditions {
                switch condition.test {
                case .below(let fact, let value): tests[fact.rawValue, default: Test()].below = value
                case .above(let fact, let value): tests[fact.rawValue, default: Test()].above = value
                case .anyOf(let fact, let words): tests[fact.rawValue, default: Test()].anyOf = words
                case .otherThan(let fact, let words): tests[fact.rawValue, default: Test()].otherThan = words
                case .lacks(let fact, let words): tests[fact.rawValue, default: Test()].lacks = words
                }
            }
            return Rule(name: rule.name, when: tests, then: rule.action.rawValue, message: rule.message)
        }
    }
}
