import Administration
import Catalog

extension AdminRoutes {
    static let assetFiles = [
        AdminRoute(
            CreateAsset.self, .post, "/v1/assets", .operator,
            "Make an asset without media, for originals to be sent into (by tus 1.0, at /v1/uploads)",
            [.body("name", .text(.name), "The asset's name")], answer: .named("AssetCreated"), errors: [409, 422]),
        AdminRoute(
            DeleteAsset.self, .delete, "/v1/assets/{name}", .operator,
            "Remove an asset for good, with its versions, originals and locators",
            [.asset, .query("force", .boolean, "Also while it is published")], answer: .named("AssetDeleted"),
            errors: [404, 409, 412]),
        AdminRoute(
            VerifyAsset.self, .post, "/v1/assets/{name}/verify", .operator,
            "Read everything that is stored of an asset through, and say where it is not what was written",
            [.asset], answer: .named("Verification"), errors: [404]),
        AdminRoute(
            ListAssetFiles.self, .get, "/v1/assets/{name}/files", .reader,
            "The originals of an asset, in order of name",
            [.asset], answer: .named("AssetFileList"), errors: [404]),
        AdminRoute(
            ShowAssetFile.self, .get, "/v1/assets/{name}/files/{file}", .reader, "One original of an asset",
            [.asset, .file], answer: .named("AssetFile"), errors: [404]),
        AdminRoute(
            DeleteAssetFile.self, .delete, "/v1/assets/{name}/files/{file}", .operator, "Remove an original",
            [.asset, .file], answer: .named("AssetFile"), errors: [404]),
        AdminRoute(
            CreateSASLocator.self, .post, "/v1/sas-locators", .operator,
            "Make a signed URL under which an asset's originals are read, written, listed or deleted",
            [
                .body("asset", .text(.name), "The asset's name"),
                .body("accessPolicy", .text(.name), "What may be done, and for how long"),
                .body("start", .text(.time), "Now when absent", required: false),
            ], answer: .named("SASLocator"), errors: [404, 409, 422]),
        AdminRoute(
            FindContent.self, .get, "/v1/content/{sha256}", .reader,
            "The originals that have this content, so that nobody sends what is there",
            [.path("sha256", .text(1...64), "SHA-256 of the content, in 64 hexadecimal digits")],
            answer: .named("Content"), errors: [404]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let asset = path("name", .name, "The asset's name")
    fileprivate static let file = path("file", .name, "The file's name")
}
