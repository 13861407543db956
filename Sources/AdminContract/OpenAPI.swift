import Catalog
public import Foundation

/// The specification (OpenAPI 3.1), made from the table of routes.
public enum OpenAPI {
    /// The document as it is served.
    ///
    /// - Parameter version: of the program.
    public static func document(version: String) throws -> Data {
        let encoder = AdminJSON.encoder
        encoder.outputFormatting.insert(.prettyPrinted)
        return try encoder.encode(specification(version: version))
    }

    static func specification(version: String) -> JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for route in AdminRoutes.all {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
        }
        paths["/v1/openapi.json"] = ["get": own]
        for stream in EventStreams.all { paths[stream.path] = ["get": stream.operation { problem($0) }] }
        for route in TransferRoute.all {
            paths[route.path, default: [:]][route.method] = route.operation { problem($0) }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Keyway admin API", "version": .string(version),
                "description": "What operators do, over HTTP. See Documentation/admin-api.md.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths.mapValues(JSONValue.object)),
            "components": [
                "schemas": .object(AdminSchemas.all.mapValues { $0.specification() }),
                "securitySchemes": [
                    "adminToken": [
                        "type": "http", "scheme": "bearer",
                        "description": "A token of 'keyway admin token create': kwa_ and 43 characters",
                    ]
                ],
            ],
            "security": [["adminToken": []]],
        ]
    }

    /// The specification's own route, open to everyone.
    private static var own: JSONValue {
        [
            "operationId": "specification", "summary": "This document", "security": [],
            "responses": [
                "200": ["description": "OpenAPI 3.1", "content": ["application/json": ["schema": ["type": "object"]]]]
            ],
        ]
    }

    private static func operation(_ route: AdminRoute) -> JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(route.operation), "summary": .string(route.summary),
            "description": .string("Takes the role \(route.role.rawValue), or one that may more."),
            "x-keyway-role": .string(route.role.rawValue), "responses": .object(responses(route)),
        ]
        let parameters = route.fields.compactMap(parameter) + (route.begin == nil ? [] : [prefer])
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if let body = body(route) { members["requestBody"] = body }
        return .object(members)
    }

    private static func parameter(_ field: AdminRoute.Field) -> JSONValue? {
        let (place, name): (String, String)
        switch field.place {
        case .path: (place, name) = ("path", field.name)
        case .query: (place, name) = ("query", field.name)
        case .header(let header): (place, name) = ("header", header)
        case .body, .document: return nil
        }
        return [
            "name": .string(name), "in": .string(place), "required": .boolean(field.isRequired),
            "description": .string(field.summary), "schema": field.schema.specification(),
        ]
    }

    private static let prefer: JSONValue = [
        "name": .string(Preference.header), "in": "header", "required": false,
        "description": "With respond-async (RFC 7240) the work is begun as an operation, and the answer is 202",
        "schema": ["type": "string"],
    ]

    private static func body(_ route: AdminRoute) -> JSONValue? {
        if let field = route.fields(in: .document).first {
            return [
                "required": true, "description": .string(field.summary),
                "content": [
                    "application/json": ["schema": field.schema.specification()],
                    "application/yaml": ["schema": field.schema.specification()],
                ],
            ]
        }
        guard route.takesBody else { return nil }
        return [
            "required": true, "content": ["application/json": ["schema": route.bodySchema.specification()]],
        ]
    }

    private static func responses(_ route: AdminRoute) -> [String: JSONValue] {
        var headers: [String: JSONValue] = [:]
        if route.isTagged {
            headers["ETag"] = ["description": "For If-Match", "schema": ["type": "string"]]
        }
        if route.isPaged {
            headers["Link"] = ["description": "The next page, as rel=\"next\"", "schema": ["type": "string"]]
        }
        var success: [String: JSONValue] = [
            "description": .string(route.summary),
            "content": ["application/json": ["schema": route.answer.specification()]],
        ]
        if !headers.isEmpty { success["headers"] = .object(headers) }
        var responses = ["200": JSONValue.object(success)]
        if route.answersCreated { responses["201"] = .object(success) }
        if route.begin != nil { responses["202"] = begun }
        var errors = [400, 401, 403, 429, 503] + route.errors
        if route.takesBody { errors += [413, 415] }
        for status in errors { responses[String(status)] = problem(status) }
        return responses
    }

    /// What `Prefer: respond-async` is answered with.
    private static let begun: JSONValue = [
        "description": "It is begun: the operation",
        "headers": [
            "Location": ["description": "The operation's address", "schema": ["type": "string"]],
            "Preference-Applied": ["schema": ["type": "string"]],
        ],
        "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Operation"]]],
    ]

    private static func problem(_ status: Int) -> JSONValue {
        [
            "description": .string(words[status] ?? "Refused"),
            "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
        ]
    }

    private static let words = [
        400: "Not of the form that this document says", 401: "No valid admin token", 403: "The role may not do this",
        404: "There is no such thing", 409: "Contradicts what is stored",
        412: "If-Match or If-None-Match does not hold", 413: "The body is too large",
        415: "The body is of another type", 422: "Well formed, and not acceptable",
        410: "It is damaged, and cannot go on", 416: "There is nothing in that range", 423: "Somebody else writes it",
        460: "The bytes are not those of their checksum", 429: "Too many refused tokens from this address",
        503: "The service cannot answer now",
    ]
}
