import Catalog

/// The routes that carry files, which are no verbs: the tus protocol, and the content of originals.
struct TransferRoute {
    struct Header {
        var name: String
        var isRequired = false
        var summary: String
    }

    var method: String
    var path: String
    var name: String
    var summary: String
    var headers: [Header] = []
    /// Of the query.
    var queries: [Header] = []
    /// The media type of the body; nil for none.
    var body: String?
    /// With the headers that come back.
    var answers: [(status: Int, summary: String, headers: [String])]
    var errors: [Int]
    /// The media type of what is answered.
    var media = "application/octet-stream"
    /// Whether the tus protocol rules it.
    var isTus = true
    /// The least role that may.
    var role = AdminRole.operator

    static let all = [
        TransferRoute(
            method: "options", path: "/v1/uploads", name: "uploadCapabilities",
            summary: "What of tus 1.0 is spoken, and the most that one upload may hold",
            answers: [
                (
                    204, "What is spoken",
                    ["Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm", "Tus-Max-Size"]
                )
            ], errors: [], isTus: false),
        TransferRoute(
            method: "post", path: "/v1/uploads", name: "createUpload",
            summary: "Begin an upload of an original (tus 1.0: creation, creation-with-upload, concatenation)",
            headers: [
                Header(name: "Upload-Length", summary: "In bytes; not of a final upload"),
                Header(
                    name: "Upload-Metadata", isRequired: true,
                    summary:
                        "asset, filename, filetype, sha256, encryption, sealedkey, attempt, each with its value in base64"
                ),
                Header(name: "Upload-Concat", summary: "partial, or final; and the addresses of partial uploads"),
                Header(name: "Upload-Checksum", summary: "Of the bytes that come with it"),
            ], body: "application/offset+octet-stream",
            answers: [(201, "It is begun", ["Location", "Upload-Offset", "Upload-Expires"])],
            errors: [400, 401, 403, 404, 409, 412, 413, 423, 429, 503]),
        TransferRoute(
            method: "head", path: "/v1/uploads/{upload}", name: "showUpload", summary: "How far an upload has come",
            answers: [(200, "How far it has come", ["Upload-Offset", "Upload-Length", "Upload-Metadata"])],
            errors: [401, 403, 404, 412, 429, 503]),
        TransferRoute(
            method: "patch", path: "/v1/uploads/{upload}", name: "continueUpload",
            summary: "Send the bytes that come next",
            headers: [
                Header(name: "Upload-Offset", isRequired: true, summary: "Where it goes on, in bytes"),
                Header(name: "Upload-Checksum", summary: "sha1 or sha256, a space, and the sum in base64"),
            ], body: "application/offset+octet-stream",
            answers: [(204, "They arrived", ["Upload-Offset", "Upload-Expires"])],
            errors: [400, 401, 403, 404, 409, 410, 412, 413, 415, 423, 429, 460, 503]),
        TransferRoute(
            method: "delete", path: "/v1/uploads/{upload}", name: "endUpload",
            summary: "End an upload, and forget what came of it", answers: [(204, "It is ended", [])],
            errors: [401, 403, 404, 412, 423, 429, 503]),
        TransferRoute(
            method: "get", path: "/v1/assets/{name}/files/{file}/content", name: "downloadFile",
            summary: "The bytes of an original, decrypted",
            headers: [
                Header(name: "Range", summary: "One range of bytes"),
                Header(name: "If-Range", summary: "The ETag of what was begun: of anything else all is sent"),
            ],
            answers: [
                (200, "All of it", ["ETag", "Accept-Ranges"]),
                (206, "The range", ["ETag", "Accept-Ranges", "Content-Range"]),
            ], errors: [401, 403, 404, 409, 416, 429, 503], isTus: false),
        TransferRoute(
            method: "get", path: "/v1/reviews/{id}/content", name: "downloadReview",
            summary: "The bytes of an original that waits for a decision, decrypted; nothing has vouched for them",
            headers: [
                Header(name: "Range", summary: "One range of bytes"),
                Header(name: "If-Range", summary: "The ETag of what was begun: of anything else all is sent"),
            ],
            answers: [
                (200, "All of it", ["ETag", "Accept-Ranges"]),
                (206, "The range", ["ETag", "Accept-Ranges", "Content-Range"]),
            ], errors: [401, 403, 404, 409, 416, 429, 503], isTus: false, role: .keyAdmin),
        TransferRoute(
            method: "get", path: "/v1/assets/{name}/poster", name: "showPoster",
            summary: "The poster of the version that is served, whatever delivery policies let out",
            headers: [Header(name: "If-None-Match", summary: "The ETag of what is there")],
            answers: [(200, "It", ["ETag"]), (304, "It is the same", ["ETag"])],
            errors: [401, 403, 404, 429, 503], media: "image/jpeg", isTus: false),
        TransferRoute(
            method: "get", path: "/v1/assets/{name}/package/content", name: "downloadPackageObject",
            summary: "The bytes of one object of a package, as the origin answers them",
            headers: [
                Header(name: "Range", summary: "One range of bytes"),
                Header(name: "If-Range", summary: "The ETag of what was begun: of anything else all is sent"),
                Header(name: "If-Match", summary: "The ETag of the package's list: anything else is refused"),
            ],
            queries: [
                Header(name: "locator", isRequired: true, summary: "The package's"),
                Header(name: "address", isRequired: true, summary: "As the package's list has it"),
                Header(name: "keysUrl", summary: "As it was said for the list"),
            ],
            answers: [
                (200, "All of it", ["ETag", "Accept-Ranges", "Repr-Digest"]),
                (206, "The range", ["ETag", "Accept-Ranges", "Content-Range", "Repr-Digest"]),
            ], errors: [400, 401, 403, 404, 412, 416, 422, 429, 503], isTus: false),
    ]

    func operation(_ problem: (Int) -> JSONValue) -> JSONValue {
        var fields = headers
        if isTus { fields.append(Header(name: "Tus-Resumable", isRequired: true, summary: "1.0.0")) }
        var parameters: [JSONValue] = fields.map { header in
            [
                "name": .string(header.name), "in": "header", "required": .boolean(header.isRequired),
                "description": .string(header.summary), "schema": ["type": "string"],
            ]
        }
        parameters += queries.map { query in
            [
                "name": .string(query.name), "in": "query", "required": .boolean(query.isRequired),
                "description": .string(query.summary), "schema": ["type": "string"],
            ]
        }
        for part in path.split(separator: "/") where part.hasPrefix("{") {
            parameters.append([
                "name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": true,
                "schema": Schema.text(part == "{file}" ? .fileName : .name).specification(),
            ])
        }
        var responses: [String: JSONValue] = [:]
        for status in errors { responses[String(status)] = problem(status) }
        for answer in answers {
            responses[String(answer.status)] = response(answer.status, answer.summary, answer.headers)
        }
        var members: [String: JSONValue] = [
            "operationId": .string(name), "summary": .string(summary), "parameters": .array(parameters),
            "responses": .object(responses),
        ]
        if name == "uploadCapabilities" {
            members["security"] = []
        } else {
            members["description"] = .string("Takes the role \(role.rawValue), or one that may more.")
            members["x-keyway-role"] = .string(role.rawValue)
        }
        if let body {
            members["requestBody"] = ["content": .object([body: ["schema": Self.bytes]])]
        }
        return .object(members)
    }

    private static let bytes: JSONValue = ["type": "string", "format": "binary"]

    private func response(_ status: Int, _ summary: String, _ headers: [String]) -> JSONValue {
        var members: [String: JSONValue] = ["description": .string(summary)]
        if !headers.isEmpty {
            members["headers"] = .object(
                Dictionary(uniqueKeysWithValues: headers.map { ($0, ["schema": ["type": "string"]] as JSONValue) }))
        }
        if method == "get", status != 304 { members["content"] = .object([media: ["schema": Self.bytes]]) }
        return .object(members)
    }
}

extension AdminRoutes {
    /// The methods that an address of files takes; none for any other address.
    public static func transferMethods(path: String) -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return TransferRoute.all.filter { route in
            let pattern = route.path.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == pattern.count && zip(parts, pattern).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
        }.map { $0.method.uppercased() }
    }
}
