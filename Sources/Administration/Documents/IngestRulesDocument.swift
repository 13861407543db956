import Catalog
import Policies

/// `kind: IngestRules`: what originals must be like.
extension DocumentNode {
    func ingestRules() -> IngestRules? {
        let known = ["kind", "name", "description", "unreadable", "rules"]
        guard let fields = DocumentFields(self, of: "an IngestRules document", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let items = fields.required("rules")?.list("rules", limit: IngestRules.maximumRules)
        let unreadable = fields["unreadable"].map { $0.choice(IngestRules.Action.self, "unreadable") } ?? .reject
        var seen: Set<String> = []
        let rules = (items ?? []).compactMap { item -> IngestRule? in
            guard let rule = item.ingestRule() else { return nil }
            if !seen.insert(rule.name).inserted { item.report("there are two rules '\(rule.name)'") }
            return rule
        }
        guard let name, let unreadable else { return nil }
        return IngestRules(
            name: name, description: fields["description"]?.text("description"), unreadable: unreadable, rules: rules)
    }

    private func ingestRule() -> IngestRule? {
        guard let fields = DocumentFields(self, of: "a rule", known: ["name", "when", "then", "message"]) else {
            return nil
        }
        let name = fields.required("name")?.name("name")
        let action = fields.required("then")?.choice(IngestRules.Action.self, "then")
        let conditions = fields.required("when")?.ingestConditions()
        let message = fields["message"]?.text("message", limit: 300)
        guard let name, let action, let conditions else { return nil }
        return IngestRule(name: name, action: action, message: message, conditions: conditions)
    }

    private func ingestConditions() -> [IngestCondition]? {
        guard let pairs = pairs("'when'") else { return nil }
        guard !pairs.isEmpty else {
            report("'when' needs a condition")
            return nil
        }
        let facts = IngestCondition.Number.allCases.map(\.rawValue) + IngestCondition.Word.allCases.map(\.rawValue)
        return pairs.flatMap { key, keyNode, value -> [IngestCondition] in
            if let number = IngestCondition.Number(rawValue: key) { return value.conditions(on: number) }
            if let word = IngestCondition.Word(rawValue: key) { return value.conditions(on: word) }
            keyNode.report("a probe knows no \(key.quoted)\(NearestName.advice(key, among: facts))")
            return []
        }
    }

    private func conditions(on fact: IngestCondition.Number) -> [IngestCondition] {
        guard let fields = DocumentFields(self, of: "'\(fact.rawValue)'", known: ["below", "above"]) else { return [] }
        let below = fields["below"]?.bound(fact).map { IngestCondition(.below(fact, $0)) }
        let above = fields["above"]?.bound(fact).map { IngestCondition(.above(fact, $0)) }
        if fields["below"] == nil, fields["above"] == nil { report("'\(fact.rawValue)' needs 'below' or 'above'") }
        return [below, above].compactMap { $0 }
    }

    private func conditions(on fact: IngestCondition.Word) -> [IngestCondition] {
        let known = ["anyOf", "otherThan", "lacks"]
        guard let fields = DocumentFields(self, of: "'\(fact.rawValue)'", known: known) else { return [] }
        if known.allSatisfy({ fields[$0] == nil }) {
            report("'\(fact.rawValue)' needs 'anyOf', 'otherThan' or 'lacks'")
        }
        return known.compactMap { field in
            guard let words = fields[field]?.words(field) else { return nil }
            return switch field {
            case "anyOf": IngestCondition(.anyOf(fact, words))
            case "otherThan": IngestCondition(.otherThan(fact, words))
            default: IngestCondition(.lacks(fact, words))
            }
        }
    }

    /// A number without sign; of a duration also `90s` or `2h`.
    private func bound(_ fact: IngestCondition.Number) -> Double? {
        if fact == .duration, let text = scalarText, let seconds = DurationText.seconds(text) { return Double(seconds) }
        guard let text = scalarText, (1...15).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let value = Double(text)
        else {
            report("'\(fact.rawValue)' is compared with a number, as 25 or 23.976")
            return nil
        }
        return value
    }

    private func words(_ field: String) -> [String]? {
        list(field)?.compactMap { $0.text(field, limit: 64)?.lowercased() }
    }
}
