import Administration
import Catalog

extension AdminRoutes {
    static let assetStates = [
        AdminRoute(
            TakeDownAsset.self, .post, "/v1/assets/{name}/takedown", .operator,
            "Serve nothing of an asset any more, and give its keys to nobody; says what caches may still hold",
            [.asset, .body("reason", .text(.text(1...1024)), "For the audit log", required: false)],
            answer: .named("Takedown"), errors: [404, 412, 422]),
        AdminRoute(
            RestoreAsset.self, .post, "/v1/assets/{name}/restore", .operator,
            "Serve an asset again that was taken down", [.asset], answer: .named("Takedown"), errors: [404, 412]),
        AdminRoute(
            ListVersions.self, .get, "/v1/assets/{name}/versions", .reader, "The versions of an asset, in order",
            [.asset], answer: .named("VersionList"), errors: [404]),
        AdminRoute(
            RollBackAsset.self, .post, "/v1/assets/{name}/rollback", .operator, "Serve another version of an asset",
            [
                .asset,
                .body(
                    "version", .integer(1...1_000_000_000), "The one before the current one when absent",
                    required: false),
            ], answer: .named("RolledBack"), errors: [404, 409, 412, 422]),
        AdminRoute(
            ListPackage.self, .get, "/v1/assets/{name}/package", .operator,
            "The objects of a package of a published asset: to be fetched from /v1/assets/{name}/package/content",
            [
                .asset,
                .query(
                    "formats", .text(.text(1...256)), "As in URLs, with commas between them; HLS and DASH when absent"),
                .query("encryption", .text(.text(1...32)), "As in URLs; what the delivery policies say when absent"),
                .query("locator", .text(.locator), "Which one rules, where the asset has several"),
                .query("keysUrl", .text(.text(1...1024)), "Where players ask for keys; as configured when absent"),
            ], answer: .named("Package"), errors: [404, 422]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let asset = path("name", .name, "The asset's name")
}
