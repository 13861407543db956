import Administration
import Catalog
import ContentKeys
import Policies

extension AdminRoutes {
    private static let type = Schema.text(
        .choice(ContentKeyType.allCases.filter(\.isDeliverable).map(\.rawValue)))

    /// What is done with content keys and their seeds.
    static let keyOperations = search + bytes + documents + states + seeds

    private static let search = [
        AdminRoute(
            SearchKeys.self, .get, "/v1/key-search", .reader,
            "Search the content keys; in order of name, or of creation when a time is given, else of id",
            [
                .query("search", .text(.text(1...128)), "What the name starts with"),
                .query("type", .text(.choice(ContentKeyType.allCases.map(\.rawValue))), "What they encrypt"),
                .query("authorizationPolicy", .text(.name), "Who may receive them"),
                .query("state", .text(.choice(ContentKeyState.allCases.map(\.rawValue))), "Their state"),
                .query("label", .text(.choice(KeyLabel.allCases.map(\.rawValue))), "Which tracks they are for"),
                .query("createdFrom", .text(.time), "Made then or later"),
                .query("createdBefore", .text(.time), "Made before then"), .after, .limit,
            ], answer: .named("KeyList"), errors: [409, 422])
    ]

    private static let bytes = [
        AdminRoute(
            ImportKey.self, .post, "/v1/key-imports", .keyAdmin, "Take a content key from outside under its id",
            [
                .body("keyId", .text(.uuid), "The key's id"), .body("type", type, "What it encrypts"),
                .body("value", .text(.text(1...1000)), "hex:… or base64:… of its bytes"),
                .body("checksum", .text(.text(1...20)), "The PlayReady checksum that it must have", required: false),
                .body("name", .text(.name), "Unique among keys", required: false),
                .body("authorizationPolicy", .text(.name), "Without one nobody receives the key", required: false),
                .label, .notBefore, .notAfter,
            ], answer: .named("Key"), errors: [409, 422], carriesKeys: true),
        AdminRoute(
            ExportKey.self, .post, "/v1/keys/{name}/export", .keyAdmin,
            "Hand a content key out, encrypted to a public key, or as it is when that is confirmed",
            [
                .key,
                .body(
                    "recipient", .text(.text(1...16_384)), "An RSA public key or certificate in PEM", required: false),
                .body("confirmed", .boolean, "Whoever reads the answer may have the key as it is", required: false),
            ], answer: .named("KeyExport"), errors: [404, 422], carriesKeys: true),
    ]

    /// Keys in CPIX documents.
    private static let documents = [
        AdminRoute(
            ImportCPIX.self, .post, "/v1/cpix-imports", .keyAdmin,
            "Take the content keys of a CPIX document whose key values are in the clear, all or none",
            [
                .body("document", .text(.text(1...ImportCPIX.longestDocument)), "In XML; every signature must verify"),
                .body("type", type, "What keys without a scheme are for", required: false),
                .body("authorizationPolicy", .text(.name), "Without one nobody receives the keys", required: false),
                .body(
                    "signedBy", .text(.text(1...16_384)),
                    "A certificate in PEM, under which all that is used must be signed", required: false),
            ], answer: .named("CPIXImported"), errors: [409, 422], maximumBody: 2 * ImportCPIX.longestDocument,
            carriesKeys: true),
        AdminRoute(
            ImportAzureExports.self, .post, "/v1/azure-imports", .keyAdmin,
            "Take over policies, secrets and content keys that Azure Media Services exported, all of them or nothing",
            [
                .body(
                    "files", .array(.named("AzureExport"), 1...ImportAzureExports.mostFiles),
                    "The exports, told apart by what is in them"),
                .body(
                    "prefix", .text(.text(0...32)), "Stands before the name of everything that is made", required: false
                ),
                .body("dryRun", .boolean, "Only say what would be made", required: false),
                .body("strict", .boolean, "Make nothing when anything is not taken over", required: false),
            ], answer: .named("AzureImported"), errors: [409, 412, 422], maximumBody: ImportAzureExports.longestBody,
            carriesKeys: true),
        AdminRoute(
            ExportCPIX.self, .post, "/v1/cpix-exports", .keyAdmin,
            "Hand content keys out in a CPIX document, encrypted to certificates, or as they are when that is confirmed",
            [
                .body("keys", .array(.text(.name), 1...ExportCPIX.mostKeys), "Ids or names of keys", required: false),
                .body("asset", .text(.name), "All keys of this asset, instead", required: false),
                .body(
                    "encryption",
                    .text(.choice(DeliveryEncryption.allCases.filter { $0.keyType != nil }.map(\.rawValue))),
                    "Of the asset's keys those of this encryption", required: false),
                .body(
                    "contentId", .text(.text(1...1024)), "What the keys are of; the asset's name when absent",
                    required: false),
                .body(
                    "recipients", .array(.text(.text(1...16_384)), 1...ExportCPIX.mostRecipients),
                    "Certificates in PEM, every one of which can read all", required: false),
                .body("confirmed", .boolean, "Whoever reads the answer may have the keys as they are", required: false),
            ], answer: .named("CPIXExport"), errors: [404, 422], carriesKeys: true),
    ]

    private static let states = [
        AdminRoute(
            EnableKey.self, .post, "/v1/keys/{name}/enable", .operator, "Deliver a disabled key again", [.key],
            answer: .named("Key"), errors: [404, 409]),
        AdminRoute(
            DisableKey.self, .post, "/v1/keys/{name}/disable", .operator,
            "Give a key to nobody until it is enabled again", [.key], answer: .named("Key"), errors: [404, 409]),
        AdminRoute(
            DeleteKey.self, .delete, "/v1/keys/{name}", .keyAdmin,
            "Put a key out of use, and remove it after a waiting period",
            [.key, .query("after", .text(.text(1...16)), "How long to wait, as 30d; 7d when absent")],
            answer: .named("Key"),
            errors: [404, 409, 422]),
        AdminRoute(
            RemoveKey.self, .post, "/v1/keys/{name}/remove", .keyAdmin, "Remove a key at once, for good", [.key],
            answer: .named("Key"), errors: [404, 409, 422]),
        AdminRoute(
            RestoreKey.self, .post, "/v1/keys/{name}/restore", .keyAdmin, "Keep a key that waits for its deletion",
            [.key], answer: .named("Key"), errors: [404, 409]),
        AdminRoute(
            RotateKey.self, .post, "/v1/keys/{name}/rotate", .keyAdmin,
            "Give new asset versions a new key in this one's place", [.key], answer: .named("KeyRotations"),
            errors: [404, 409, 422]),
        AdminRoute(
            RotateAssetKeys.self, .post, "/v1/assets/{name}/rotate-keys", .keyAdmin,
            "Give new versions of an asset new keys", [.path("name", .name, "The asset's name")],
            answer: .named("KeyRotations"), errors: [404, 409, 422]),
    ]

    private static let seeds = [
        AdminRoute(
            ListKeySeeds.self, .get, "/v1/key-seeds", .reader, "The key seeds, without their bytes",
            [.after, .limit], answer: .named("KeySeedList")),
        AdminRoute(
            CreateKeySeed.self, .post, "/v1/key-seeds", .keyAdmin, "Store a PlayReady key seed, wrapped under the KEK",
            [
                .body("name", .text(.name), "Unique among seeds"), .body("type", type, "The type of its keys"),
                .body("value", .text(.text(1...1000)), "hex:… or base64:…; random when absent", required: false),
                .body("authorizationPolicy", .text(.name), "Who may receive its keys", required: false),
            ], answer: .named("KeySeed"), errors: [409, 422], carriesKeys: true),
    ]

    /// What is done with key-encryption keys.
    static let keks = [
        AdminRoute(
            ShowKEKs.self, .get, "/v1/keks", .reader,
            "The versions of the key-encryption key, where they are, and how much is wrapped under each",
            answer: .named("KEKs")),
        AdminRoute(
            RotateKEK.self, .post, "/v1/keks/rotation", .keyAdmin,
            "Start a rotation of the key-encryption key, or join the one that is under way",
            answer: .named("KEKRotation"), errors: [409]),
        AdminRoute(
            ShowKEKRotation.self, .get, "/v1/keks/rotation", .keyAdmin, "How far the rotation is, and how it ended",
            answer: .named("KEKRotation")),
        AdminRoute(
            RetireKEKs.self, .post, "/v1/keks/retirement", .keyAdmin,
            "Put the old versions aside that nothing needs", answer: .named("KEKsRetired"), errors: [409]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let key = path("name", .name, "The key's id or name")
    static let label = body(
        "label", .text(.choice(KeyLabel.allCases.map(\.rawValue))), "Which tracks it is for", required: false)
    static let notBefore = body("notBefore", .text(.time), "Delivered from then on", required: false)
    static let notAfter = body("notAfter", .text(.time), "Delivered until then", required: false)
}
