import Administration

extension AdminSchemas {
    static let assetStates: [(String, Schema)] = [
        (
            "CachePurge",
            .object([
                .required("prefixes", .list(text), "Paths below which caches may hold answers"),
                .required("tags", .list(text), "Cache-Tag and Surrogate-Key of all answers"),
            ])
        ),
        (
            "Takedown",
            .object([
                .required("asset", name), .optional("takenDown", time, "Absent while it is served"),
                .optional("reason", text), .required("changed", .boolean, "False when it was so before"),
                .required("purge", .named("CachePurge")),
            ])
        ),
        (
            "VersionList",
            .object([
                .required("asset", name),
                .required(
                    "versions",
                    .list(
                        .object([
                            .required("number", .count), .required("created", time),
                            .required("current", .boolean, "Whether it is served"), .required("tracks", .count),
                            .required("bytes", .count),
                        ]))),
            ])
        ),
        (
            "RolledBack",
            .object([
                .required("asset", name), .required("version", .count, "That is served now"),
                .optional("previous", .count), .required("changed", .boolean),
                .required("purge", .named("CachePurge")),
            ])
        ),
        (
            "Package",
            .object([
                .required("asset", name), .required("version", .count), .required("locator", .text(.locator)),
                .required(
                    "manifests",
                    .list(
                        .object([
                            .required("format", text), .required("encryption", text),
                            .required("file", text, "Its place in the package"),
                        ]))),
                .required(
                    "objects",
                    .array(
                        .object([
                            .required("path", text, "Its place in the package"),
                            .optional("address", text, "What it is fetched by; the path when absent"),
                            .required("size", .count, "In bytes"), .required("etag", text, "Without quotes"),
                        ]), 0...10_000_000)),
                .required("warnings", .list(text)),
            ])
        ),
    ]
}
