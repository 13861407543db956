public import Administration
public import Catalog
public import Foundation

/// One row of the admin API: where a verb is reached, who may use it, and what it takes and gives. The server, the
/// client and the specification are all made from it, so that they cannot drift apart.
public struct AdminRoute: Sendable {
    public enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    /// A field of the verb, and where it stands in a request.
    public struct Field: Sendable {
        public enum Place: Sendable, Hashable {
            case path
            case query
            /// A header field of this name.
            case header(String)
            /// A member of the JSON body.
            case body
            /// The whole body: a document in YAML or JSON.
            case document
        }

        public var name: String
        public var place: Place
        public var isRequired: Bool
        var schema: Schema
        var summary: String
    }

    /// What goes back.
    public struct Answer: Sendable {
        /// The report in JSON.
        public var body: Data
        public var isCreated = false
        /// Of the operation that was begun; nil when what was asked for is done.
        public var operation: String?
        public var entityTag: String?
        /// The cursor of the next page.
        public var next: String?
    }

    /// `operationId` of the specification: the verb's name.
    public var operation: String
    public var method: Method
    /// With the path's fields in braces.
    public var path: String
    /// The least role that may.
    public var role: AdminRole
    public var summary: String
    public var fields: [Field]
    /// Largest body, in bytes.
    public var maximumBody: Int
    /// Whether key bytes go in or out: then only over TLS, or on this machine.
    public var carriesKeys: Bool
    var answer: Schema
    /// Errors that this route gives besides those that all give.
    var errors: [Int]
    var answersCreated: Bool
    var isTagged: Bool
    var isPaged: Bool
    public var perform: @Sendable (any OperatorInterface, _ verb: Data) async throws -> Answer
    /// Begins the verb as an operation; nil for a verb that does not take long.
    public var begin: (@Sendable (any OperatorInterface, _ verb: Data) async throws -> Answer)?

    /// Largest body of a route that does not say another.
    public static let defaultMaximumBody = 256 << 10

    public init<Verb: OperatorVerb>(
        _ verb: Verb.Type, _ method: Method, _ path: String, _ role: AdminRole, _ summary: String,
        _ fields: [Field] = [], answer: Schema, errors: [Int] = [], maximumBody: Int = defaultMaximumBody,
        carriesKeys: Bool = false
    ) {
        self.carriesKeys = carriesKeys
        operation = Self.operation(of: verb)
        self.method = method
        self.path = path
        self.role = role
        self.summary = summary
        self.fields = fields
        self.answer = answer
        self.errors = errors
        self.maximumBody = maximumBody
        answersCreated = method == .put && Verb.Report.self is any TaggedReport.Type
        isTagged = Verb.Report.self is any TaggedReport.Type
        isPaged = Verb.Report.self is any PagedReport.Type
        begin = (verb as? any LongVerb.Type).map { Self.beginning($0) }
        perform = { interface, data in
            let verb = try AdminJSON.decoder.decode(Verb.self, from: data)
            let report = try await interface.perform(verb)
            let tagged = report as? any TaggedReport
            return Answer(
                body: try AdminJSON.encoder.encode(report), isCreated: tagged?.isCreated ?? false,
                entityTag: tagged?.entityTag, next: (report as? any PagedReport)?.next)
        }
    }

    private static func beginning<Verb: LongVerb>(
        _ verb: Verb.Type
    ) -> @Sendable (any OperatorInterface, _ verb: Data) async throws -> Answer {
        { interface, data in
            let report = try await interface.begin(try AdminJSON.decoder.decode(Verb.self, from: data))
            return Answer(body: try AdminJSON.encoder.encode(report), operation: report.id)
        }
    }

    /// `ShowKey` is `showKey`.
    public static func operation(of verb: any OperatorVerb.Type) -> String {
        let name = String(describing: verb)
        return name.prefix(1).lowercased() + name.dropFirst()
    }

    /// Whether a request's path is one of this route's, whatever its fields say.
    public func matches(path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let pattern = self.path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == pattern.count && zip(parts, pattern).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
    }

    public func fields(in place: Field.Place) -> [Field] {
        fields.filter { $0.place == place }
    }

    /// Whether a request has a body, and must have one.
    public var takesBody: Bool { fields.contains { $0.place == .body || $0.place == .document } }
}

extension AdminRoute.Field {
    static func path(_ name: String, _ form: TextForm, _ summary: String) -> Self {
        Self(name: name, place: .path, isRequired: true, schema: .text(form), summary: summary)
    }

    static func query(_ name: String, _ schema: Schema, _ summary: String) -> Self {
        Self(name: name, place: .query, isRequired: false, schema: schema, summary: summary)
    }

    static func header(_ name: String, _ header: String, _ summary: String) -> Self {
        Self(
            name: name, place: .header(header), isRequired: false, schema: .text(.text(1...1024)), summary: summary)
    }

    static func body(_ name: String, _ schema: Schema, _ summary: String, required: Bool = true) -> Self {
        Self(name: name, place: .body, isRequired: required, schema: schema, summary: summary)
    }

    static func document(_ name: String, _ schema: Schema, _ summary: String) -> Self {
        Self(name: name, place: .document, isRequired: true, schema: schema, summary: summary)
    }
}

/// JSON as the admin API writes it: times in RFC 3339 and whole seconds.
public enum AdminJSON {
    public static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }

    public static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            guard let date = Timestamp.parse(try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time")
            }
            return date
        }
        return decoder
    }
}
