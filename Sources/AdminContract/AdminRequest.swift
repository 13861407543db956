public import Administration
public import Foundation

/// A request as a transport sees it, before the contract has judged it.
public struct AdminRequest: Sendable {
    public var path: [String: String]
    /// In the request's order, decoded.
    public var query: [(name: String, value: String)]
    /// Names in lower case.
    public var headers: [String: String]
    public var body: Data

    public init(
        path: [String: String] = [:], query: [(name: String, value: String)] = [], headers: [String: String] = [:],
        body: Data = Data()
    ) {
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

extension AdminRoute {
    /// The verb of a request, as JSON.
    ///
    /// - Throws: `OperatorError` with `malformed` and every field that is wrong.
    public func verb(_ request: AdminRequest) throws -> Data {
        var members: [String: JSONValue] = [:]
        var problems: [OperatorError.FieldProblem] = []
        for field in fields(in: .path) {
            take(field, request.path[field.name], field.name, &members, &problems)
        }
        takeQuery(request.query, &members, &problems)
        for field in fields {
            guard case .header(let header) = field.place else { continue }
            take(field, request.headers[header.lowercased()], header, &members, &problems)
        }
        try takeBody(request.body, &members, &problems)
        guard problems.isEmpty else {
            let lines = problems.map { "\($0.field) \($0.detail)" }
            throw OperatorError(.malformed, lines.joined(separator: "\n"), fields: problems)
        }
        return try AdminJSON.encoder.encode(JSONValue.object(members))
    }

    private func take(
        _ field: Field, _ text: String?, _ place: String, _ members: inout [String: JSONValue],
        _ problems: inout [OperatorError.FieldProblem]
    ) {
        guard let text else {
            if field.isRequired { problems.append(.init(place, "is missing")) }
            return
        }
        let value = field.schema.value(of: text)
        problems += field.schema.problems(value, at: "").map { .init(place, $0.detail) }
        members[field.name] = value
    }

    private func takeQuery(
        _ query: [(name: String, value: String)], _ members: inout [String: JSONValue],
        _ problems: inout [OperatorError.FieldProblem]
    ) {
        let known = fields(in: .query)
        for (name, value) in query {
            let place = String(name.prefix(64))
            guard let field = known.first(where: { $0.name == name }) else {
                problems.append(.init(place, Names.unknown(name, among: known.map(\.name))))
                continue
            }
            guard members[name] == nil else {
                problems.append(.init(place, "is given twice"))
                continue
            }
            take(field, value, place, &members, &problems)
        }
    }

    private func takeBody(
        _ body: Data, _ members: inout [String: JSONValue], _ problems: inout [OperatorError.FieldProblem]
    ) throws {
        if takesBody, body.isEmpty { throw OperatorError(.malformed, "the body is missing") }
        if let field = fields(in: .document).first {
            guard let text = String(validating: body, as: UTF8.self) else {
                throw OperatorError(.malformed, "the body is not a text in UTF-8")
            }
            members[field.name] = .string(text)
            return
        }
        let known = fields(in: .body)
        guard !known.isEmpty else {
            guard body.isEmpty else { throw OperatorError(.malformed, "this request takes no body") }
            return
        }
        guard let value = try? AdminJSON.decoder.decode(JSONValue.self, from: body) else {
            throw OperatorError(.malformed, "the body is not JSON")
        }
        problems += bodySchema.problems(value, at: "")
        if case .object(let given) = value { members.merge(given) { first, _ in first } }
    }

    /// The JSON body's form.
    var bodySchema: Schema {
        .object(
            fields(in: .body).map {
                Schema.Property(name: $0.name, schema: $0.schema, isRequired: $0.isRequired, summary: $0.summary)
            })
    }

    /// The request that asks for a verb: the other way round, for clients.
    public func request<Verb: OperatorVerb>(for verb: Verb) throws -> AdminRequest {
        let data = try AdminJSON.encoder.encode(verb)
        guard case .object(let members) = try AdminJSON.decoder.decode(JSONValue.self, from: data) else {
            throw OperatorError(.failed, "the verb \(operation) is not an object")
        }
        var request = AdminRequest()
        var body: [String: JSONValue] = [:]
        for field in fields {
            guard let value = members[field.name], value != .null else { continue }
            switch field.place {
            case .path: request.path[field.name] = value.parameter
            case .query: request.query.append((field.name, value.parameter))
            case .header(let name): request.headers[name.lowercased()] = value.parameter
            case .body: body[field.name] = value
            case .document: request.body = Data(value.parameter.utf8)
            }
        }
        if !fields(in: .body).isEmpty { request.body = try AdminJSON.encoder.encode(JSONValue.object(body)) }
        return request
    }
}

extension Schema {
    /// A parameter's text as the value that it stands for; a text that stands for none stays one, and is refused.
    fileprivate func value(of text: String) -> JSONValue {
        if case .integer = self, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text) {
            return .integer(number)
        }
        if case .boolean = self, let value = Bool(text) { return .boolean(value) }
        return .string(text)
    }
}

extension JSONValue {
    /// As a parameter's text.
    fileprivate var parameter: String {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .boolean(let value): String(value)
        default: ""
        }
    }
}
