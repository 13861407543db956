import Administration
import Catalog
import ContentKeys
import MediaModel
import Policies

/// The forms of answers and of what is nested in bodies, each once. Objects are closed: a member that a report has and
/// its schema lacks is a failure of the tests.
enum AdminSchemas {
    static let all: [String: Schema] = Dictionary(
        keys + keyOperations + keks + policies + policyParts + decisions + assets + assetStates + assetFiles + endpoints
            + jobs + quarantine + backups + operations + diagnosis
            + others
    ) { first, _ in first }

    static let name = Schema.text(.name)
    static let uuid = Schema.text(.uuid)
    static let time = Schema.text(.time)
    static let text = Schema.any
    static let digest = Schema.text(.text(64...64))
    private static let next = Schema.Property.optional("next", text, "The next page's after; absent on the last page")

    static func page(_ member: String, _ item: Schema) -> Schema {
        .object([.required(member, .list(item)), next])
    }

    private static let keys: [(String, Schema)] = [
        (
            "Key",
            .object([
                .required("keyId", uuid), .optional("name", name), .required("type", words(ContentKeyType.self)),
                .optional("label", words(KeyLabel.self)), .optional("authorizationPolicy", name),
                .required("state", words(ContentKeyState.self)), .required("enabled", .boolean),
                .optional("notBefore", time), .optional("notAfter", time), .optional("deletion", time),
                .optional("checksum", text), .optional("seed", name), .optional("supersededBy", uuid),
                .required("kekVersion", .count), .required("created", time),
            ])
        ),
        (
            "KeyPut",
            .object([
                .required("change", .text(.choice(["create", "update", "unchanged"]))), .required("key", .named("Key")),
            ])
        ),
        ("KeyList", page("keys", .named("Key"))),
        ("SecretList", page("secrets", name)),
        ("SecretStored", .object([.required("name", name), .required("bytes", .count)])),
        ("SecretDeleted", .object([.required("name", name)])),
    ]

    private static let policies: [(String, Schema)] = [
        (
            "PolicyList",
            page(
                "policies",
                .object([
                    .required("kind", text), .required("name", text, "Of an asset's filter: the asset's and its own"),
                    .required("summary", text),
                ]))
        ),
        ("AuthorizationPolicyList", page("policies", .named("AuthorizationPolicy"))),
        ("DeliveryPolicyList", page("policies", .named("DeliveryPolicy"))),
        ("FilterList", page("filters", .named("Filter"))), ("Filter", .object(filter)),
        ("AuthorizationPolicyPut", put("AuthorizationPolicy")),
        ("DeliveryPolicyPut", put("DeliveryPolicy")),
        ("PolicyDeleted", .object([.required("kind", text), .required("name", name)])),
        ("AuthorizationPolicy", .object(kindAndName(required: true) + authorization)),
        ("AuthorizationPolicyDocument", .object(kindAndName(required: false) + authorization)),
        ("DeliveryPolicy", .object(kindAndName(required: true) + delivery)),
        ("DeliveryPolicyDocument", .object(kindAndName(required: false) + delivery)),
    ]

    private static func put(_ policy: String) -> Schema {
        .object([
            .required("change", .text(.choice(["create", "update", "unchanged"]))), .required("policy", .named(policy)),
        ])
    }

    private static func kindAndName(required: Bool) -> [Schema.Property] {
        [
            Schema.Property(name: "kind", schema: text, isRequired: required, summary: nil),
            Schema.Property(name: "name", schema: name, isRequired: required, summary: nil),
        ]
    }

    private static let authorization: [Schema.Property] =
        [.required("options", .array(.named("AuthorizationOption"), 0...64), "Any one that holds is enough")]
        + availability

    private static let availability: [Schema.Property] = [
        .optional("enabled", .boolean, "Where false, grants nothing"), .optional("notBefore", text, "RFC 3339"),
        .optional("notAfter", text, "RFC 3339"),
    ]

    private static let delivery: [Schema.Property] = [
        .required("protocols", .array(words(StreamingProtocol.self), 1...16)),
        .required("encryption", words(DeliveryEncryption.self)),
        .optional("keys", .map(.text(.choice(["auto", "clear"]))), "Labels of tracks that have keys of their own"),
        .optional(
            "keyAcquisition",
            .object([
                .optional("url", text, "With {kid} in place of the key's id"),
                .optional("tickets", words(KeyTicketRule.self), "Whether playlists carry tickets"),
            ])),
        .optional(
            "signalling", .array(words(SignalledSystem.self), 1...16),
            "Whom manifests of cenc and cbcs speak to; absent, clearkey"),
        .optional("clearLead", text, "Segments that start before this time leave in the clear; absent, none"),
        .optional("cryptoPeriod", text, "How long each key lasts; absent, from the start to the end"),
        .optional(
            "pictures", words(PictureRule.self),
            "Which still pictures leave, in the clear; absent, all of a clear film and none of another"),
    ]

    private static let filter: [Schema.Property] = [
        .required("kind", text), .required("name", name), .optional("asset", name, "Absent for every asset's"),
        .optional(
            "presentationTimeRange",
            .object([
                .required("startTimestamp", .count), .optional("endTimestamp", .count),
                .required("timescale", .integer(1...4_294_967_295), "Units a second of both"),
            ])),
        .optional("firstQuality", .object([.required("bitrate", .count, "Bits per second")])),
        .optional(
            "tracks",
            .list(
                .object([
                    .required(
                        "trackSelections",
                        .list(
                            .object([
                                .required("property", words(FilterCondition.Property.self)),
                                .required("operation", words(FilterCondition.Operation.self)),
                                .required("value", text),
                            ])), "All must hold")
                ])), "Any one is enough"),
    ]

    private static let policyParts: [(String, Schema)] = [
        (
            "AuthorizationOption",
            .object(
                [
                    .required("name", name), .required("delivery", .array(words(KeyDeliveryType.self), 1...16)),
                    .required("restrictions", .array(.named("Restriction"), 0...32), "All must hold"),
                ] + availability)
        ),
        (
            "Restriction",
            .object([
                .optional("open", .object([]), "Always holds"),
                .optional("ip", .object([.required("allow", .list(text)), .optional("deny", .list(text))])),
                .optional("token", .named("TokenRestriction")),
                .optional("unknown", .object([.required("kind", text)]), "Of a newer version: denies"),
            ])
        ),
        (
            "TokenRestriction",
            .object([
                .required("type", words(TokenKind.self)), .required("issuer", text), .required("audience", text),
                .required("verificationKeys", .list(.named("VerificationKey"))),
                .optional("requiredClaims", .map(.named("RequiredClaim"))), .optional("maxUses", .count),
                .optional("maxLifetime", .text(.text(2...9)), "As 12h"),
                .optional("clockSkew", .text(.text(2...9)), "As 60s"),
            ])
        ),
        (
            "VerificationKey",
            .object([
                .optional("pem", text, "A public key or a certificate in PEM"), .optional("secret", name),
                .optional("rsa", .object([.required("modulus", text), .required("exponent", text)]), "In base64"),
                .optional("jwk", .map(.either([text, .list(text)])), "A public key (RFC 7517)"),
                .optional("jwks", text, "The URL of a JWK Set"),
                .optional("openid", text, "The URL of a discovery document"),
                .optional("algorithms", .array(words(SignatureAlgorithm.self), 1...16)),
            ])
        ),
        (
            "RequiredClaim",
            .either([text, .array(text, 1...64), .object([.required("present", .boolean)])])
        ),
        (
            "DocumentFile",
            .object([
                .required("name", .text(.text(1...1024)), "As errors name it"),
                .optional("text", text, "YAML"),
                .optional("problem", text, "Why the file could not be read"),
                .optional("publicKeys", .array(.named("PublicKeyFile"), 0...64), "The PEM files that it names"),
            ])
        ),
        (
            "PublicKeyFile",
            .object([
                .required("path", text, "As the document writes it"), .optional("text", text),
                .optional("problem", text),
            ])
        ),
    ]

    private static let decisions: [(String, Schema)] = [
        (
            "DecisionStep",
            .object([
                .optional("option", text), .required("check", text), .required("holds", .boolean),
                .required("outcome", text),
            ])
        ),
        (
            "PolicyTest",
            .object([
                .required("granted", .boolean), .optional("policy", name), .optional("option", text),
                .optional("reason", text), .required("steps", .list(.named("DecisionStep"))),
            ])
        ),
        (
            "Explanation",
            .object([
                .required("requestId", text), .required("decisions", .list(.named("Decision"))),
            ])
        ),
        (
            "Decision",
            .object([
                .required("sequence", .count), .required("time", time), .optional("keyId", uuid),
                .optional("delivery", words(KeyDeliveryType.self)), .optional("clientAddress", text),
                .required("granted", .boolean), .optional("policy", name), .optional("option", text),
                .optional("reason", text), .optional("tokenIssuer", text), .optional("tokenSubject", text),
                .required("steps", .list(.named("DecisionStep"))),
            ])
        ),
        (
            "Applied",
            .object([
                .required(
                    "changes",
                    .list(
                        .object([
                            .required("action", .text(.choice(["create", "update", "unchanged", "delete"]))),
                            .required("kind", words(Document.Kind.self)), .required("name", name),
                            .required("differences", .list(text)),
                        ]))), .required("applied", .boolean),
            ])
        ),
    ]

    private static let assets: [(String, Schema)] = [
        (
            "AssetList",
            page(
                "assets",
                .object([
                    .required("name", name), .optional("version", .count), .required("created", time),
                    .required("poster", .boolean, "Whether the version that is served has one"),
                    .optional("takenDown", time, "Absent while it is served"),
                ]))
        ),
        (
            "Asset",
            .object([
                .required("name", name), .required("created", time), .optional("version", .count),
                .required("storageAccount", name, "Where its current version is, or its first one will be"),
                .required("accountForNew", name, "Where what is new goes to, while that takes something"),
                .optional("takenDown", time, "Absent while it is served"), .optional("reason", text),
                .required(
                    "tracks",
                    .list(
                        .object([
                            .required("name", text), .required("codec", text), .optional("width", .count),
                            .optional("height", .count), .required("language", text, "RFC 5646"),
                            .optional("label", text, "A name for people, of sound and text"),
                            .required("averageBitrate", .count),
                            .required("seconds", .number), .required("segments", .count), .required("bytes", .count),
                        ]))),
                .required(
                    "keys",
                    .list(
                        .object([
                            .required("keyId", uuid), .required("encryption", words(DeliveryEncryption.self)),
                            .required("label", text),
                            .optional("period", .count, "The crypto period, from 0; absent for the first"),
                        ]))),
                .required(
                    "locators",
                    .list(
                        .object([
                            .required("id", uuid), .required("deliveryPolicies", .list(name)), .required("end", time),
                            .required("revoked", .boolean),
                        ]))),
                .required("warnings", .list(text), "What to know although nothing is wrong"),
            ])
        ),
        (
            "LocatorList",
            page(
                "locators",
                .object([
                    .required("id", uuid), .required("asset", name), .required("deliveryPolicies", .list(name)),
                    .required("start", time), .required("end", time), .required("revoked", .boolean),
                ]))
        ),
        (
            "Published",
            .object([
                .required("asset", name), .required("locator", uuid), .required("until", time),
                .required("streams", .list(.named("StreamAddress"))),
                .required("pictures", .list(.named("PictureAddress")), "Those that leave"),
                .required("warnings", .list(text)),
            ])
        ),
        (
            "Locator",
            .object([
                .required("id", uuid), .required("asset", name), .required("deliveryPolicies", .list(name)),
                .required("start", time), .required("end", time), .required("revoked", .boolean),
                .required("streams", .list(.named("StreamAddress")), "Empty where no origin is known"),
                .required("pictures", .list(.named("PictureAddress")), "Those that leave"),
            ])
        ),
        (
            "PictureAddress",
            .object([
                .required("picture", words(ImageFormat.Role.self)), .required("policy", name), .required("url", text),
            ])
        ),
        (
            "StreamAddress",
            .object([
                .required("format", text), .required("encryption", words(DeliveryEncryption.self)),
                .required("policy", name), .required("url", text),
            ])
        ),
        ("LocatorRevoked", .object([.required("locator", uuid), .required("revoked", .boolean)])),
    ]

    private static let others: [(String, Schema)] = [
        (
            "AuditList",
            .object([
                .required(
                    "records",
                    .list(
                        .object([
                            .required("sequence", .count),
                            .required("event", .document, "Members that do not apply are absent"),
                            .required("hash", .text(.text(64...64)), "SHA-256 in hexadecimal"),
                        ]))), .required("last", .count, "The newest record's sequence number"), next,
            ])
        ),
        (
            "AuditVerification",
            .object([
                .required("intact", .boolean), .required("records", .count), .required("head", text),
                .required("last", .count, "The newest whole record"),
                .required("pruned", .count, "The last record that was pruned; 0 when none was"),
                .required("checkpoints", .count), .required("signed", .count, "The newest record that is signed"),
                .optional("key", digest, "Names the signing key"), .optional("defect", text),
            ])
        ),
        (
            "AuditCheckpoint",
            .object([
                .required(
                    "checkpoint",
                    .object([
                        .required("hash", digest), .required("key", digest), .required("number", .count),
                        .required("previous", digest), .required("prunedHash", digest),
                        .required("prunedThrough", .count), .required("record", .count), .required("time", .count),
                        .required("type", text),
                    ]), "What is signed: this object with sorted members and without white space"),
                .required("signature", text, "Ed25519, in base64"),
            ])
        ),
        (
            "AuditKey",
            .object([
                .required("fingerprint", digest, "SHA-256 of the SubjectPublicKeyInfo"), .required("created", time),
                .required("pem", text, "A SubjectPublicKeyInfo of Ed25519"),
            ])
        ),
        (
            "AuditExport",
            .object([
                .required("lines", .list(text), "Each a JSON object; see Documentation/audit.md"),
                .required("last", .count, "The last record of the page"), next,
            ])
        ),
        (
            "AuditPruned",
            .object([
                .required("records", .count, "How many went"),
                .required("through", .count, "The last record that is gone; 0 when none is"),
                .optional("checkpoint", .named("AuditCheckpoint"), "Says where the log goes on"),
            ])
        ),
        ("RevocationList", page("revocations", .named("Revocation"))),
        (
            "Revocation",
            .object([
                .required("id", text), .required("kind", words(RevocationRecord.Kind.self)), .required("value", text),
                .optional("issuer", text), .optional("reason", text), .required("created", time),
                .optional("expires", time),
            ])
        ),
        ("RevocationRemoved", .object([.required("id", text)])),
        ("Identity", .object([.required("name", text), .required("role", words(AdminRole.self))])),
        (
            "AdminTokenList",
            page(
                "tokens",
                .object([
                    .required("name", name), .required("role", words(AdminRole.self)),
                    .required("state", .text(.choice(["valid", "expired", "revoked"]))), .required("created", time),
                    .optional("expires", time), .optional("revoked", time),
                ]))
        ),
        (
            "AdminTokenCreated",
            .object([
                .required("name", name), .required("role", words(AdminRole.self)), .optional("expires", time),
                .required("token", .text(.text(47...47))),
            ])
        ),
        ("AdminTokenRevoked", .object([.required("name", name), .required("revoked", .boolean)])),
        (
            "EncryptorList",
            page(
                "encryptors",
                .object([
                    .required("name", name), .required("authorizationPolicy", name), .required("mayCreate", .boolean),
                    .required("state", .text(.choice(["valid", "expired", "revoked"]))), .required("created", time),
                    .optional("expires", time), .optional("revoked", time),
                ]))
        ),
        (
            "EncryptorCreated",
            .object([
                .required("name", name), .required("authorizationPolicy", name), .required("mayCreate", .boolean),
                .optional("expires", time), .optional("token", .text(.text(47...47)), "Shown here only"),
            ])
        ),
        ("EncryptorRevoked", .object([.required("name", name), .required("revoked", .boolean)])),
        (
            "OriginList",
            page(
                "origins",
                .object([
                    .required("name", name), .required("fingerprint", digest, "SHA-256 of its certificate"),
                    .required("state", .text(.choice(["valid", "revoked"]))), .required("created", time),
                    .optional("revoked", time),
                ]))
        ),
        (
            "OriginCreated",
            .object([
                .required("name", name), .required("fingerprint", digest, "SHA-256 of its certificate"),
                .required("created", time),
            ])
        ),
        ("OriginRevoked", .object([.required("name", name), .required("revoked", .boolean)])),
        (
            "Problem",
            .object([
                .required("title", text), .required("status", .count), .required("code", text, "Stable"),
                .required("detail", text, "For people"), .required("requestId", text),
                .optional("choices", .list(text)),
                .optional(
                    "errors", .list(.object([.required("field", text), .required("detail", text)])),
                    "Every field that is wrong"),
            ])
        ),
    ]

    static func words<Words: CaseIterable & RawRepresentable>(_ type: Words.Type) -> Schema
    where Words.RawValue == String {
        .text(.choice(Words.allCases.map(\.rawValue)))
    }
}
