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
        ("KeySeedList", .object([.required("seeds", .list(.named("KeySeed")))])),
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
