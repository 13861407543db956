import Administration
import Catalog

extension AdminSchemas {
    static let assetFiles: [(String, Schema)] = [
        ("AssetCreated", .object([.required("name", name), .required("created", time)])),
        (
            "AssetDeleted",
            .object([
                .required("name", name), .required("versions", .count), .required("files", .count),
                .required("locators", .count), .required("purge", .named("CachePurge")),
            ])
        ),
        (
            "AssetFile",
            .object([
                .required("id", uuid), .required("asset", name), .required("name", name),
                .required("contentType", text), .required("size", .count), .optional("sha256", digest),
                .required("state", .text(.choice(AssetFileState.allCases.map(\.rawValue)))),
                .optional("reason", text, "Why it stays in quarantine, or was rejected"),
                .optional("checks", words(IngestRecord.State.self), "How far its checks are"),
                .required("encrypted", .boolean, "In storage"), .required("created", time),
            ])
        ),
        (
            "AssetFileList",
            .object([.required("asset", name), .required("files", .list(.named("AssetFile")))])
        ),
        (
            "Content",
            .object([.required("sha256", digest), .required("files", .list(.named("AssetFile")))])
        ),
        (
            "SASLocator",
            .object([
                .required("locator", .text(.locator)), .required("asset", name),
                .required("permissions", .list(.text(.choice(["read", "write", "list", "delete"])))),
                .required("start", time), .required("end", time),
                .required("url", text, "With {file} where a file's name belongs"),
                .required("listUrl", text, "Of the list"),
            ])
        ),
        (
            "Verification",
            .object([
                .required("asset", name), .required("files", .count), .required("bytes", .count),
                .required("withoutTags", .count, "Files of which only size and index could be checked"),
                .required(
                    "damage",
                    .list(
                        .object([
                            .optional("version", .count, "Absent for an original"),
                            .required("name", text, "The track, or the original"),
                            .required("file", text, "In storage"),
                            .optional("start", .count, "The first byte that may be wrong; absent for the whole file"),
                            .optional("end", .count, "Not included"), .required("reason", text),
                        ]))),
            ])
        ),
    ]
}
