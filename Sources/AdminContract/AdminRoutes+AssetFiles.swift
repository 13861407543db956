import Administration
import Catalog
import Policies

extension AdminRoutes {
    static let assetFiles = [
        AdminRoute(
            CreateAsset.self, .post, "/v1/assets", .operator,
            "Make an asset without media, for originals to be sent into (by tus 1.0, at /v1/uploads)",
            [
                .body("name", .text(.name), "The asset's name"),
                .body("account", .text(.name), "The storage account; one by weight when absent", required: false),
            ], answer: .named("AssetCreated"), errors: [409, 422]),
        AdminRoute(
            ListAccessPolicies.self, .get, "/v1/access-policies", .reader, "The access policies in order of name",
            [.after, .limit], answer: .named("AccessPolicyList")),
        AdminRoute(
            ShowAccessPolicy.self, .get, "/v1/access-policies/{name}", .reader, "One access policy", [.accessPolicy],
            answer: .named("AccessPolicy"), errors: [404]),
        AdminRoute(
            PutAccessPolicy.self, .put, "/v1/access-policies/{name}", .operator,
            "Store an access policy: what may be done through its locators, and for how long",
            [
                .accessPolicy,
                .body(
                    "permissions", .array(.text(.choice(AccessPermission.allCases.map(\.rawValue))), 1...4),
                    "What may be done"),
                .body("duration", .text(.duration), "As 12h, from a locator's start"),
                .ifMatch, .ifNoneMatch,
            ], answer: .named("AccessPolicy"), errors: [412, 422]),
        AdminRoute(
            DeleteAccessPolicy.self, .delete, "/v1/access-policies/{name}", .operator,
            "Delete an access policy that no locator was made under", [.accessPolicy, .ifMatch],
            answer: .named("PolicyDeleted"), errors: [404, 409, 412]),
        AdminRoute(
            ListStorageAccounts.self, .get, "/v1/storage/accounts", .reader,
            "The storage accounts: how they are, and what lies in them", [], answer: .named("StorageAccountList")),
        AdminRoute(
            DeleteAsset.self, .delete, "/v1/assets/{name}", .operator,
            "Remove an asset for good, with its versions, originals and locators",
            [.asset, .query("force", .boolean, "Also while it is published")], answer: .named("AssetDeleted"),
            errors: [404, 409, 412]),
        AdminRoute(
            VerifyAsset.self, .post, "/v1/assets/{name}/verify", .operator,
            "Read everything that is stored of an asset through, and say where it is not what was written",
            [.asset], answer: .named("Verification"), errors: [404, 409]),
        AdminRoute(
            VerifyAssets.self, .post, "/v1/asset-verifications", .operator,
            "Read everything that is stored of several assets through, or of all",
            [.body("assets", .array(.text(.name), 1...1000), "All when absent", required: false)],
            answer: .named("Verifications"), errors: [404, 409]),
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
            ShowUploadKey.self, .get, "/v1/upload-key", .operator,
            "The public key that senders encrypt the keys of their files to (HPKE), for files that are encrypted before "
                + "they are sent",
            answer: .named("UploadKey")),
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
    fileprivate static let accessPolicy = path("name", .name, "The access policy's name")
    fileprivate static let asset = path("name", .name, "The asset's name")
    fileprivate static let file = path("file", .fileName, "The file's name, with %2F for each slash")
}
