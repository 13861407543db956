import Administration

/// The form of a JSON value: written once, said in the specification, and held against what comes in.
public indirect enum Schema: Sendable, Hashable {
    case text(TextForm)
    case integer(ClosedRange<Int64>)
    case number
    case boolean
    case array(Schema, ClosedRange<Int>)
    case object([Property])
    /// An object with any names, whose values have one form.
    case map(Schema)
    /// One of several forms.
    case either([Schema])
    /// A schema of `AdminSchemas` by its name.
    case named(String)
    /// Any object: what it holds is judged elsewhere.
    case document

    /// A member of an object.
    public struct Property: Sendable, Hashable {
        var name: String
        var schema: Schema
        var isRequired: Bool
        var summary: String?

        static func required(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Property {
            Property(name: name, schema: schema, isRequired: true, summary: summary)
        }

        static func optional(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Property {
            Property(name: name, schema: schema, isRequired: false, summary: summary)
        }
    }

    static let any = Schema.text(.text(0...1_048_576))
    static let count = Schema.integer(0...Int64.max)
    static func list(_ item: Schema) -> Schema { .array(item, 0...100_000) }
}

extension Schema {
    /// As JSON Schema 2020-12, in which OpenAPI 3.1 writes it.
    func specification(summary: String? = nil) -> JSONValue {
        var members = self.members
        if let summary { members["description"] = .string(summary) }
        return .object(members)
    }

    private var members: [String: JSONValue] {
        switch self {
        case .text(let form): return form.specification
        case .integer(let range):
            return [
                "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
            ]
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .array(let item, let range):
            var members: [String: JSONValue] = ["type": "array", "items": item.specification()]
            if range.lowerBound > 0 { members["minItems"] = .integer(Int64(range.lowerBound)) }
            members["maxItems"] = .integer(Int64(range.upperBound))
            return members
        case .object(let properties):
            var members: [String: JSONValue] = ["type": "object", "additionalProperties": false]
            members["properties"] = .object(
                Dictionary(properties.map { ($0.name, $0.schema.specification(summary: $0.summary)) }) { first, _ in
                    first
                })
            let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { members["required"] = .array(required) }
            return members
        case .map(let value): return ["type": "object", "additionalProperties": value.specification()]
        case .either(let forms): return ["anyOf": .array(forms.map { $0.specification() })]
        case .named(let name): return ["$ref": .string("#/components/schemas/\(name)")]
        case .document: return ["type": "object"]
        }
    }

    /// Everything that is wrong with a value, each with its JSON pointer (RFC 6901).
    func problems(_ value: JSONValue, at pointer: String) -> [OperatorError.FieldProblem] {
        func wrong(_ detail: String) -> [OperatorError.FieldProblem] { [.init(pointer, detail)] }
        switch (self, value) {
        case (.text(let form), .string(let text)): return form.problem(text).map(wrong) ?? []
        case (.text, _): return wrong("is a text")
        case (.integer(let range), .integer(let number)):
            return range.contains(number) ? [] : wrong(Self.rule(range))
        case (.integer(let range), _): return wrong(Self.rule(range))
        case (.number, .integer), (.number, .number), (.boolean, .boolean), (.document, .object): return []
        case (.number, _): return wrong("is a number")
        case (.boolean, _): return wrong("is true or false")
        case (.array(let item, let range), .array(let values)):
            guard range.contains(values.count) else {
                return wrong("has \(range.lowerBound) to \(range.upperBound) items")
            }
            return values.enumerated().flatMap { item.problems($1, at: "\(pointer)/\($0)") }
        case (.array, _): return wrong("is a list")
        case (.object(let properties), .object(let members)):
            return Self.problems(of: members, properties, at: pointer)
        case (.map(let schema), .object(let members)):
            return members.sorted { $0.key < $1.key }.flatMap { schema.problems($1, at: Self.join(pointer, $0)) }
        case (.object, _), (.map, _), (.document, _): return wrong("is an object")
        case (.either(let forms), _):
            let problems = forms.map { $0.problems(value, at: pointer) }
            return problems.contains(where: \.isEmpty) ? [] : wrong("has none of the forms that are possible here")
        case (.named(let name), _):
            guard let schema = AdminSchemas.all[name] else { return wrong("has no form") }
            return schema.problems(value, at: pointer)
        }
    }

    private static func problems(
        of members: [String: JSONValue], _ properties: [Property], at pointer: String
    ) -> [OperatorError.FieldProblem] {
        let known = properties.map(\.name)
        let unknown = members.keys.sorted().filter { !known.contains($0) }.map { name in
            OperatorError.FieldProblem(join(pointer, name), Names.unknown(name, among: known))
        }
        let missing = properties.filter { $0.isRequired && members[$0.name] == nil }.map {
            OperatorError.FieldProblem(join(pointer, $0.name), "is missing")
        }
        let wrong = properties.flatMap { property in
            members[property.name].map { property.schema.problems($0, at: join(pointer, property.name)) } ?? []
        }
        return unknown + missing + wrong
    }

    private static func rule(_ range: ClosedRange<Int64>) -> String {
        range.upperBound == Int64.max
            ? "is a whole number of \(range.lowerBound) or more"
            : "is a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    /// RFC 6901, 3: `~` and `/` are escaped. Names come from outside, so they are bounded.
    private static func join(_ pointer: String, _ name: String) -> String {
        pointer + "/" + name.prefix(64).replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

/// What is said of names that nobody knows.
enum Names {
    static func unknown(_ name: String, among known: [String]) -> String {
        guard !known.isEmpty else { return "is not known: there are no fields here" }
        return "is not known" + NearestName.advice(name, among: known)
    }
}
