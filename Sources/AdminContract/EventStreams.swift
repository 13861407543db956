import Catalog

/// The routes that answer with server-sent events, which are no verbs: they have no end that could be reported.
struct EventStreams {
    var path: String
    var name: String
    var summary: String
    var errors: [Int]

    static let all = [
        EventStreams(
            path: "/v1/jobs/{id}/events", name: "streamJobEvents",
            summary: "What happens to a job, as server-sent events from its start until it has ended",
            errors: [400, 401, 403, 404, 429, 503]),
        EventStreams(
            path: "/v1/events", name: "streamEvents",
            summary: "What happens to all jobs from now on, as server-sent events", errors: [400, 401, 403, 429, 503]),
        EventStreams(
            path: "/v1/operations/{id}/events", name: "streamOperationEvents",
            summary: "How far an operation is, as server-sent events until it has ended",
            errors: [400, 401, 403, 404, 429, 503]),
    ]

    func operation(_ problem: (Int) -> JSONValue) -> JSONValue {
        var parameters: [JSONValue] = [
            [
                "name": "Last-Event-ID", "in": "header", "required": false,
                "description": "The id of the last event that was seen",
                "schema": ["type": "string", "pattern": "^[0-9]{1,18}$"],
            ]
        ]
        if path.contains("{id}") {
            parameters.append([
                "name": "id", "in": "path", "required": true, "description": "Whose events they are",
                "schema": Schema.text(.name).specification(),
            ])
        }
        var responses: [String: JSONValue] = [
            "200": [
                "description": .string(summary),
                // OpenAPI 3.1 has no form for a stream of events: some take a schema for that of each one.
                "content": ["text/event-stream": [:]],
            ]
        ]
        for status in errors { responses[String(status)] = problem(status) }
        return [
            "operationId": .string(name), "summary": .string(summary),
            "description": "Takes the role reader, or one that may more.",
            "x-keyway-role": .string(AdminRole.reader.rawValue),
            "parameters": .array(parameters), "responses": .object(responses),
        ]
    }
}

extension AdminRoutes {
    /// Whether an address answers with server-sent events.
    public static func isEventStream(path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isOfOne = path.hasPrefix("/v1/jobs/") || path.hasPrefix("/v1/operations/")
        return path == "/v1/events" || (parts.count == 5 && isOfOne && parts[4] == "events")
    }
}
