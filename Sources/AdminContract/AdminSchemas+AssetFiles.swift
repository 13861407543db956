import Administration
import Catalog

extension AdminSchemas {
    static let assetFiles: [(String, Schema)] = [
        (
            "AssetCreated",
            .object([.required("name", name), .required("created", time), .required("storageAccount", name)])
        ),
        (
            "AccessPolicy",
            .object([
                .required("name", name),
                .required("permissions", .list(.text(.choice(["read", "write", "list", "delete"])))),
                .required("duration", text, "As 12h, from a locator's start"),
                .required("locators", .count, "Under it, and not revoked"),
            ])
        ),
        ("AccessPolicyList", page("policies", .named("AccessPolicy"))),
        (
            "StorageAccountList",
            .object([
                .required(
                    "accounts",
                    .list(
                        .object([
                            .required("name", name),
                            .required(
                                "state", .text(.choice(ListStorageAccounts.State.allCases.map(\.rawValue)))),
                            .required("weight", .count, "Beside those of the others; 0 for nothing new"),
                            .optional("place", text, "The folder"),
                            .optional("problem", text, "Why it cannot be used"),
                            .optional("total", .count, "Of the disk, in bytes"),
                            .optional("free", .count, "Of the disk, in bytes"),
                            .required("versions", .count), .required("originals", .count),
                            .required("size", .count, "Of what lies there, in bytes"),
                        ])))
            ])
        ),
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
                .required("id", uuid), .required("asset", name), .required("name", .text(.fileName)),
                .required("contentType", text), .required("size", .count), .optional("sha256", digest),
                .required("state", .text(.choice(AssetFileState.allCases.map(\.rawValue)))),
                .optional("reason", text, "Why it stays in quarantine, or was rejected"),
                .optional("checks", words(IngestRecord.State.self), "How far its checks are"),
                .required("encrypted", .boolean, "In storage"),
                .required("storageAccounts", .list(name), "Where its bytes are; none while they are arriving"),
                .required("created", time),
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
            "UploadKey",
            .object([
                .required("fingerprint", digest, "SHA-256 of the public key"),
                .required("publicKey", text, "X25519 (RFC 7748), in base64"),
            ])
        ),
        (
            "Verifications",
            .object([
                .required("assets", .list(.named("Verification"))),
                .optional(
                    "total",
                    .object([
                        .required("assets", .count), .required("files", .count), .required("bytes", .count),
                        .required("withoutTags", .count), .required("damagedAssets", .count),
                        .required("damage", .count, "Damaged places"),
                    ]),
                    "Of all assets that were read: of those that are whole and were not asked for by name, 1,000 are listed, "
                        + "and of damaged places 10,000"),
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
                            .required(
                                "name", text, "The track, or the original; empty when the asset could not be looked at"),
                            .required("file", text, "In storage; empty as the name is"),
                            .optional("start", .count, "The first byte that may be wrong; absent for the whole file"),
                            .optional("end", .count, "Not included"), .required("reason", text),
                        ]))),
                .optional("moreDamage", .count, "How many more places are damaged than are listed"),
            ])
        ),
    ]
}
