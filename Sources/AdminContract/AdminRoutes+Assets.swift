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
    ]
}

extension AdminRoute.Field {
    fileprivate static let asset = path("name", .name, "The asset's name")
}
