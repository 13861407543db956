import Administration
import Catalog
import ContentKeys
import Policies

extension AdminSchemas {
    static let keyOperations: [(String, Schema)] = [
        (
            "KeyExport",
            .object([
                .required("kid", uuid), .required("type", words(ContentKeyType.self)),
                .required("algorithm", .text(.choice(["RSA-OAEP-256", "none"]))),
                .optional("recipient", digest, "SHA-256 of the recipient's SubjectPublicKeyInfo"),
                .optional("ciphertext", text, "In base64"), .optional("key", text, "In base64; only when confirmed"),
                .required("checksum", text, "PlayReady's, in base64"),
            ])
        ),
        ("CPIXExport", .object([.required("document", .text(.text(1...ImportCPIX.longestDocument)), "In XML")])),
        (
            "CPIXImported",
            .object([
                .required("keys", .list(.named("Key"))),
                .required("signers", .list(digest), "SHA-256 of the SubjectPublicKeyInfo of each key that signed"),
            ])
        ),
        (
            "AzureExport",
            .object([
                .required("name", .text(.text(1...4096)), "As findings name it"),
                .optional("content", .text(.base64(0...5_700_000)), "At most 4 MiB decoded"),
                .optional(
                    "problem", .text(.text(0...4096)), "Why the file could not be read, in the place of its content"),
                .optional(
                    "mayBeExport", .boolean,
                    "Of a file without content, whether it may restrict the others, so that nothing is imported; it may when "
                        + "absent"),
            ])
        ),
        (
            "AzureImported",
            .object([
                .required(
                    "changes",
                    .list(
                        .object([
                            .required("action", .text(.choice(["create", "unchanged"]))),
                            .required(
                                "kind",
                                .text(.choice(["Secret", "AuthorizationPolicy", "DeliveryPolicy", "ContentKey"]))),
                            .required("name", text, "Of a content key its id"), .optional("detail", text),
                        ]))),
                .required(
                    "findings",
                    .list(
                        .object([
                            .required("outcome", .text(.choice(["error", "refused", "notTakenOver", "note"]))),
                            .required("place", .object([.required("file", text), .required("path", text)])),
                            .required("message", text),
                        ])), "What is not here as it was there"),
                .required("applied", .boolean), .required("strict", .boolean, "Whether strict stopped it"),
            ])
        ),
        (
            "KeyRotations",
            .object([
                .required(
                    "rotations",
                    .list(
                        .object([
                            .required("oldKeyId", uuid), .required("newKeyId", uuid),
                            .required(
                                "places",
                                .list(
                                    .object([
                                        .required("asset", name),
                                        .required("encryption", words(DeliveryEncryption.self)),
                                        .required("label", text), .required("sinceVersion", .count),
                                    ]))),
                        ])))
            ])
        ),
        (
            "KeySeed",
            .object([
                .required("name", name), .required("type", words(ContentKeyType.self)),
                .optional("authorizationPolicy", name), .required("kekVersion", .count), .required("created", time),
            ])
        ),
        ("KeySeedList", page("seeds", .named("KeySeed"))),
    ]

    static let keks: [(String, Schema)] = [
        (
            "KEKs",
            .object([
                .required("provider", words(KEKProviderKind.self), "Where new versions are made"),
                .required(
                    "versions",
                    .list(
                        .object([
                            .required("version", .count), .required("provider", words(KEKProviderKind.self)),
                            .required("place", text), .required("state", words(ShowKEKs.Version.State.self)),
                            .required("created", time), .optional("rotated", time), .optional("retired", time),
                            .required("contentKeys", .count), .required("secrets", .count),
                            .required("keySeeds", .count),
                            .required("auditKeys", .count, "The audit log's signing key"),
                        ]))),
            ])
        ),
        (
            "KEKRotation",
            .object([
                .required("state", words(KEKRotationProgress.State.self)), .required("done", .count),
                .required("total", .count), .optional("version", .count), .optional("isNew", .boolean),
                .optional("rewrapped", .count), .optional("remaining", .count), .optional("failures", .list(text)),
                .optional("error", text),
            ])
        ),
        (
            "KEKsRetired",
            .object([
                .required(
                    "retired", .list(.object([.required("version", .count), .required("note", text)])))
            ])
        ),
    ]
}
