public import Administration
import Catalog
import ContentKeys
import Policies

/// The table of the admin API. A new verb is a row here; its report's form is an entry of `AdminSchemas`.
public enum AdminRoutes {
    public static let all: [AdminRoute] =
        keys + keyOperations + keks + secrets + policies + documents + assets + locators + revocations + audit
        + tokens + encryptors + origins + endpoints + assetStates + assetFiles + quarantine + jobs + transforms
        + presets
        + notifications + backups + operations + diagnosis

    /// The row of a verb.
    ///
    /// - Throws: `OperatorError` for a verb that has none: it works on a data folder only.
    public static func route<Verb: OperatorVerb>(of verb: Verb.Type) throws -> AdminRoute {
        let operation = AdminRoute.operation(of: verb)
        guard let route = all.first(where: { $0.operation == operation }) else {
            throw OperatorError(.unavailable, "this verb works on the local data folder only; unset KEYWAY_URL")
        }
        return route
    }

    private static let keys = [
        AdminRoute(
            ListKeys.self, .get, "/v1/keys", .reader, "The content keys, without their bytes, in order of id",
            [
                .query("after", .text(.uuid), "The id of the last key of the page before"),
                .limit,
            ], answer: .named("KeyList")),
        AdminRoute(
            CreateKey.self, .post, "/v1/keys", .keyAdmin, "Make a random content key",
            [
                .body(
                    "type", .text(.choice(ContentKeyType.allCases.filter(\.isDeliverable).map(\.rawValue))),
                    "What it encrypts; absent for a key of a seed, which has the seed's type", required: false),
                .body("name", .text(.name), "Unique among keys", required: false),
                .body("keyId", .text(.uuid), "Generated when absent", required: false),
                .body(
                    "authorizationPolicy", .text(.name), "Without one nobody receives the key", required: false),
                .label, .notBefore, .notAfter,
                .body("seed", .text(.name), "The key seed that it derives from", required: false),
            ], answer: .named("Key"), errors: [404, 409, 422]),
        AdminRoute(
            PutKey.self, .put, "/v1/keys/{name}", .operator,
            "Give the key of a name its authorization policy; making it, when there is none, takes key-admin",
            [
                .path("name", .name, "The key's name"),
                .body(
                    "type", .text(.choice(ContentKeyType.allCases.filter(\.isDeliverable).map(\.rawValue))),
                    "What it encrypts; never changes"),
                .body("keyId", .text(.uuid), "Never changes; generated when absent", required: false),
                .body(
                    "authorizationPolicy", .text(.name), "When absent, nobody receives the key", required: false),
                .ifMatch, .ifNoneMatch,
            ], answer: .named("KeyPut"), errors: [409, 412, 422]),
        AdminRoute(
            ShowKey.self, .get, "/v1/keys/{name}", .reader, "One content key, without its bytes",
            [.path("name", .name, "The key's id or name")], answer: .named("Key"), errors: [404]),
    ]

    private static let secrets = [
        AdminRoute(
            ListSecrets.self, .get, "/v1/secrets", .operator, "The names of the secrets",
            [.after, .limit], answer: .named("SecretList")),
        AdminRoute(
            SetSecret.self, .put, "/v1/secrets/{name}", .keyAdmin, "Store a named secret, wrapped under the KEK",
            [
                .path("name", .name, "The secret's name"),
                .body("value", .text(.text(1...180_000)), "Text, or hex:… or base64:…; at most 64 KiB decoded"),
                .ifMatch, .ifNoneMatch,
            ], answer: .named("SecretStored"), errors: [412, 422], carriesKeys: true),
        AdminRoute(
            DeleteSecret.self, .delete, "/v1/secrets/{name}", .keyAdmin,
            "Delete a secret; policies that name it then refuse every token",
            [.path("name", .name, "The secret's name")], answer: .named("SecretDeleted"), errors: [404]),
    ]

    private static let policies =
        [
            AdminRoute(
                ListPolicies.self, .get, "/v1/policies", .reader, "The policies of both kinds in one line each",
                [.after, .limit], answer: .named("PolicyList"))
        ] + authorization + delivery + filters + decisions

    private static let filters = [
        AdminRoute(
            ListFilters.self, .get, "/v1/filters", .reader, "What manifests can be shown through", [.after, .limit],
            answer: .named("FilterList")),
        AdminRoute(
            ShowFilter.self, .get, "/v1/filters/{name}", .reader, "One filter as a document",
            [
                .path("name", .name, "The filter's name"),
                .query("asset", .text(.name), "The asset whose own it is; absent, a filter of every asset"),
            ], answer: .named("Filter"), errors: [404, 422]),
    ]

    private static let authorization = [
        AdminRoute(
            ListAuthorizationPolicies.self, .get, "/v1/policies/authorization", .reader,
            "The authorization policies in order of name", [.after, .limit],
            answer: .named("AuthorizationPolicyList")),
        AdminRoute(
            ShowAuthorizationPolicy.self, .get, "/v1/policies/authorization/{name}", .reader,
            "One authorization policy as a document", [.policy], answer: .named("AuthorizationPolicy"),
            errors: [404]),
        AdminRoute(
            PutAuthorizationPolicy.self, .put, "/v1/policies/authorization/{name}", .operator,
            "Store an authorization policy, whatever was there before",
            [
                .policy, .document("document", .named("AuthorizationPolicyDocument"), "kind and name may be left out"),
                .ifMatch, .ifNoneMatch,
            ],
            answer: .named("AuthorizationPolicyPut"), errors: [412, 422]),
        AdminRoute(
            DeleteAuthorizationPolicy.self, .delete, "/v1/policies/authorization/{name}", .operator,
            "Delete an authorization policy that no key names", [.policy, .ifMatch],
            answer: .named("PolicyDeleted"), errors: [404, 409, 412]),
    ]

    private static let delivery = [
        AdminRoute(
            ListDeliveryPolicies.self, .get, "/v1/policies/delivery", .reader,
            "The delivery policies in order of name", [.after, .limit], answer: .named("DeliveryPolicyList")),
        AdminRoute(
            ShowDeliveryPolicy.self, .get, "/v1/policies/delivery/{name}", .reader,
            "One delivery policy as a document", [.policy], answer: .named("DeliveryPolicy"), errors: [404]),
        AdminRoute(
            PutDeliveryPolicy.self, .put, "/v1/policies/delivery/{name}", .operator,
            "Store a delivery policy, whatever was there before",
            [
                .policy, .document("document", .named("DeliveryPolicyDocument"), "kind and name may be left out"),
                .ifMatch, .ifNoneMatch,
            ],
            answer: .named("DeliveryPolicyPut"), errors: [412, 422]),
        AdminRoute(
            DeleteDeliveryPolicy.self, .delete, "/v1/policies/delivery/{name}", .operator,
            "Delete a delivery policy that no locator names", [.policy, .ifMatch],
            answer: .named("PolicyDeleted"), errors: [404, 409, 412]),
    ]

    private static let decisions = [
        AdminRoute(
            TestPolicy.self, .post, "/v1/policy-tests", .reader,
            "Would this request get this key, and why; releases nothing and writes nothing",
            [
                .body("keyId", .text(.uuid), "The key that is asked for"),
                .body("ip", .text(.address), "The client's address"),
                .body("delivery", .text(.choice(KeyDeliveryType.allCases.map(\.rawValue))), "How the key would leave"),
                .body("token", .text(.text(0...16_384)), "The player's token", required: false),
            ], answer: .named("PolicyTest"), errors: [422]),
        AdminRoute(
            ExplainRequest.self, .get, "/v1/explain/{requestId}", .reader,
            "Rule by rule why a request for keys was allowed or refused",
            [.path("requestId", .name, "The request's id, as its answer and the audit log name it")],
            answer: .named("Explanation"), errors: [404]),
    ]

    private static let documents = [
        AdminRoute(
            ApplyDocuments.self, .post, "/v1/apply", .operator,
            "Bring the catalog to what documents declare, all or nothing; documents that make keys take key-admin",
            [
                .body("files", .array(.named("DocumentFile"), 1...1000), "In the order in which errors are told"),
                .body("prune", .boolean, "Remove policies that no document declares", required: false),
                .body("dryRun", .boolean, "Only say what would change", required: false),
            ], answer: .named("Applied"), errors: [409, 422], maximumBody: 4 << 20)
    ]

    private static let assets = [
        AdminRoute(
            ListAssets.self, .get, "/v1/assets", .reader, "The assets in order of name", [.after, .limit],
            answer: .named("AssetList")),
        AdminRoute(
            ShowAsset.self, .get, "/v1/assets/{name}", .reader, "One asset: its tracks, keys and locators",
            [.path("name", .name, "The asset's name")], answer: .named("Asset"), errors: [404]),
    ]

    private static let locators = [
        AdminRoute(
            ListLocators.self, .get, "/v1/locators", .reader, "The locators in order of their starts",
            [
                .query("asset", .text(.name), "Only those of this asset"),
                .query("after", .text(.locator), "The id of the last locator of the page before"), .limit,
            ],
            answer: .named("LocatorList"), errors: [422]),
        AdminRoute(
            PublishAsset.self, .post, "/v1/locators", .operator,
            "Publish an asset: make its keys and a locator, and say every streaming URL",
            [
                .body("asset", .text(.name), "The asset's name"),
                .body("deliveryPolicies", .array(.text(.name), 1...64), "How the asset may leave"),
                .body("authorizationPolicy", .text(.name), "Who may receive the keys", required: false),
                .body(
                    "accessPolicy", .text(.name), "For how long; reading, for 365 days, when absent", required: false),
                .body(
                    "filters", .array(.text(.name), 0...9), "What manifests are shown through", required: false),
                .body("start", .text(.time), "From when it answers; now when absent", required: false),
                .body("end", .text(.time), "Until when; as the access policy says when absent", required: false),
            ], answer: .named("Published"), errors: [404, 409, 422]),
        AdminRoute(
            ShowLocator.self, .get, "/v1/locators/{locator}", .reader, "One locator and every streaming URL under it",
            [.path("locator", .locator, "The locator's id")], answer: .named("Locator"), errors: [404, 422]),
        AdminRoute(
            RevokeLocator.self, .delete, "/v1/locators/{locator}", .operator,
            "Close a locator now; it stays in lists as revoked",
            [.path("locator", .locator, "The locator's id")], answer: .named("LocatorRevoked"), errors: [404, 422]),
    ]

    private static let revocations = [
        AdminRoute(
            ListRevocations.self, .get, "/v1/revocations", .reader, "What is revoked, in order of id",
            [.after, .limit],
            answer: .named("RevocationList")),
        AdminRoute(
            AddRevocation.self, .post, "/v1/revocations", .operator,
            "Revoke a token, a subject's tokens or an issuer's key; again, to change its reason or end",
            [
                .body("kind", .text(.choice(RevocationRecord.Kind.allCases.map(\.rawValue))), "What is revoked"),
                .body(
                    "value", .text(.text(1...1024)),
                    "Its name; of token (its signed text) and key (SubjectPublicKeyInfo) the SHA-256 in hexadecimal"),
                .body("issuer", .text(.text(1...1024)), "Only of this issuer; of any when absent", required: false),
                .body("reason", .text(.text(1...1024)), "For the list", required: false),
                .body("expires", .text(.duration), "How long it holds; for ever when absent", required: false),
            ], answer: .named("Revocation"), errors: [422]),
        AdminRoute(
            RemoveRevocation.self, .delete, "/v1/revocations/{id}", .operator, "Let what was revoked be taken again",
            [.path("id", .name, "The revocation's id")], answer: .named("RevocationRemoved"), errors: [404]),
    ]

    private static let audit = [
        AdminRoute(
            ListAudit.self, .get, "/v1/audit", .reader, "Audit records, oldest first",
            [
                .query("after", Schema.count, "Those after this sequence number; the newest ones when absent"),
                .limit,
            ], answer: .named("AuditList")),
        AdminRoute(
            VerifyAudit.self, .get, "/v1/audit/verify", .reader,
            "Check the audit log: its hash chain and its signed checkpoints, and what was kept outside of it",
            [
                .query("publicKey", .text(.text(1...200)), "The signing key's public half in PEM, as it was kept"),
                .query("checkpoint", .text(.text(1...1000)), "A checkpoint in JSON, as it was kept"),
            ], answer: .named("AuditVerification"), errors: [422]),
        AdminRoute(
            ExportAudit.self, .get, "/v1/audit/export", .reader,
            "Lines of the audit log with all that is needed to verify them elsewhere",
            [
                .query("from", .text(.text(1...40)), "A record's number, or a time; the start of the log when absent"),
                .query("to", .text(.text(1...40)), "The last record, or the time before which it was written"),
                .query("after", Schema.count, "The last record of the page before"), .limit,
            ], answer: .named("AuditExport"), errors: [409, 422]),
        AdminRoute(
            ShowAuditKey.self, .get, "/v1/audit/key", .reader, "The public half of the audit log's signing key",
            answer: .named("AuditKey"), errors: [404]),
        AdminRoute(
            ShowCheckpoint.self, .get, "/v1/audit/checkpoint", .reader,
            "The latest signed checkpoint, to be kept elsewhere", answer: .named("AuditCheckpoint"), errors: [404]),
        AdminRoute(
            SignAudit.self, .post, "/v1/audit/checkpoint", .operator,
            "Sign what was written since the latest checkpoint; gives the latest one",
            answer: .named("AuditCheckpoint"), errors: [404, 409]),
        AdminRoute(
            PruneAudit.self, .post, "/v1/audit/prune", .keyAdmin,
            "Remove records that are older than a time, up to a signed checkpoint",
            [.body("before", .text(.time), "Records of before this time go")], answer: .named("AuditPruned"),
            errors: [409, 422]),
    ]

    private static let tokens = [
        AdminRoute(
            ShowIdentity.self, .get, "/v1/identity", .reader, "Under which name and role the token acts",
            answer: .named("Identity")),
        AdminRoute(
            ListAdminTokens.self, .get, "/v1/admin-tokens", .keyAdmin, "The admin tokens' names, roles and states",
            [.after, .limit], answer: .named("AdminTokenList")),
        AdminRoute(
            CreateAdminToken.self, .post, "/v1/admin-tokens", .keyAdmin,
            "Make an admin token; only this answer shows it",
            [
                .body("name", .text(.name), "Names who acted in the audit log; never used again"),
                .body("role", .text(.choice(AdminRole.allCases.map(\.rawValue))), "What its holder may do"),
                .body("expires", .text(.duration), "How long it lives; for ever when absent", required: false),
            ], answer: .named("AdminTokenCreated"), errors: [409, 422]),
        AdminRoute(
            RevokeAdminToken.self, .delete, "/v1/admin-tokens/{name}", .keyAdmin,
            "Close an admin token now and for good",
            [.path("name", .name, "The token's name")], answer: .named("AdminTokenRevoked"), errors: [404]),
    ]

    private static let encryptors = [
        AdminRoute(
            ListEncryptors.self, .get, "/v1/encryptors", .keyAdmin,
            "The encryptors, whose keys they are given, and the states of their tokens",
            [.after, .limit], answer: .named("EncryptorList")),
        AdminRoute(
            CreateEncryptor.self, .post, "/v1/encryptors", .keyAdmin,
            "Let an encryptor have keys; only this answer shows its token",
            [
                .body("name", .text(.name), "Names who asked in the audit log; never used again"),
                .body(
                    "authorizationPolicy", .text(.name),
                    "Of the keys that it makes, and the only one whose keys it is given"),
                .body("mayCreate", .boolean, "Whether keys that it asks for, and that there are not, are made"),
                .body("expires", .text(.duration), "How long its token lives; for ever when absent", required: false),
                .body(
                    "certificate", .text(.text(1...16_384)), "In PEM: what it shows in TLS, instead of a token",
                    required: false),
            ], answer: .named("EncryptorCreated"), errors: [409, 422]),
        AdminRoute(
            RevokeEncryptor.self, .delete, "/v1/encryptors/{name}", .keyAdmin,
            "Close an encryptor's token now and for good; its keys stay",
            [.path("name", .name, "The encryptor's name")], answer: .named("EncryptorRevoked"), errors: [404]),
    ]
}

extension AdminRoute.Field {
    static let after = query(
        "after", .text(.text(1...Paging.maximumCursor)), "What the page before ended with: its next")
    static let limit = query(
        "limit", .integer(Int64(Paging.limits.lowerBound)...Int64(Paging.limits.upperBound)),
        "At most this many; \(Paging.defaultLimit) when absent")
    static let ifMatch = header(
        "ifMatch", "If-Match", "Only if what is stored has one of these entity tags")
    static let ifNoneMatch = header(
        "ifNoneMatch", "If-None-Match", "Only if what is stored has none of these entity tags; * for nothing stored")
    static let policy = path("name", .name, "The policy's name")
}
