import Administration
import Policies

extension AdminSchemas {
    static let endpoints: [(String, Schema)] = [
        (
            "SignedPath",
            .object([
                .required("path", text), .required("query", text), .required("cookie", text),
                .required("expires", time),
            ])
        ),
        ("EndpointList", page("endpoints", .named("Endpoint"))),
        ("Endpoint", .object(endpoint)),
        (
            "EndpointState",
            .object([
                .required("name", name), .required("running", .boolean),
                .required("changed", .boolean, "False when it was so before"),
            ])
        ),
        ("EndpointDeleted", .object([.required("name", name)])),
    ]

    private static let endpoint: [Schema.Property] = [
        .required("kind", text), .required("name", name), .required("enabled", .boolean),
        .optional("hosts", .list(text), "Absent for default"), .optional("allow", .list(text)),
        .optional("deny", .list(text)), .optional("cors", .list(text)),
        .optional(
            "cache",
            .map(
                .object([
                    .required("maxAge", text), .optional("sharedMaxAge", text), .optional("staleWhileRevalidate", text),
                ])), "By manifest, playlist, init and segment"),
        .optional("headers", .map(text)),
        .optional(
            "limits",
            .object([
                .optional("requestsPerSecond", .count, "For each client address"),
                .optional("connectionsPerClient", .count, "Answers under way"),
                .optional("connections", .count, "Answers under way"),
            ])),
        .required("prefetch", .boolean), .required("cacheTags", .boolean),
        .optional(
            "signedURLs",
            .object([
                .required("secret", name), .optional("alternate", name),
                .required("objects", .list(words(EndpointObject.self))), .required("checkedAtEdge", .boolean),
            ])),
    ]
}
