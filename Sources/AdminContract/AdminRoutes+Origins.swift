import Administration
import Catalog

extension AdminRoutes {
    static let origins = [
        AdminRoute(
            ListOrigins.self, .get, "/v1/origins", .keyAdmin,
            "The origins that run alone, and whether they are given keys", [.after, .limit],
            answer: .named("OriginList")),
        AdminRoute(
            CreateOrigin.self, .post, "/v1/origins", .keyAdmin,
            "Let an origin ask for the keys of what is published, by its certificate",
            [
                .body("name", .text(.name), "Names who asked in the audit log; never used again"),
                .body("certificate", .text(.text(1...16_384)), "In PEM: what it shows in TLS"),
            ], answer: .named("OriginCreated"), errors: [409, 422]),
        AdminRoute(
            RevokeOrigin.self, .delete, "/v1/origins/{name}", .keyAdmin,
            "Give an origin nothing any more, now and for good",
            [.path("name", .name, "The origin's name")], answer: .named("OriginRevoked"), errors: [404]),
    ]
}
