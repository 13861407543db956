import Administration
import Catalog

extension AdminRoutes {
    static let quarantine = [
        AdminRoute(
            ListReviews.self, .get, "/v1/reviews", .reader,
            "Originals by where they are in quarantine, in order of id",
            [
                .query(
                    "state", .text(.choice(IngestRecord.State.allCases.map(\.rawValue))),
                    "Those in this state; absent, those that somebody must decide on"),
                .query("asset", .text(.name), "Only those of this asset"),
                .query("after", .text(.locator), "The id of the last review of the page before"), .limit,
            ], answer: .named("ReviewList")),
        AdminRoute(
            ShowReview.self, .get, "/v1/reviews/{id}", .reader, "What the checks of one original found", [.review],
            answer: .named("Review"), errors: [404]),
        AdminRoute(
            ApproveReview.self, .post, "/v1/reviews/{id}/approve", .keyAdmin,
            "Let an original out of quarantine that waits for a decision", [.review, .reason],
            answer: .named("Review"), errors: [404, 409, 412, 422]),
        AdminRoute(
            RejectReview.self, .post, "/v1/reviews/{id}/reject", .operator,
            "Refuse an original in quarantine for good; it is not deleted", [.review, .reason],
            answer: .named("Review"), errors: [404, 409, 412, 422]),
        AdminRoute(
            RepeatReview.self, .post, "/v1/reviews/{id}/repeat", .operator,
            "Do the checks of an original again that waits for a decision or for a check", [.review],
            answer: .named("Review"), errors: [404, 409, 412]),
        AdminRoute(
            ListIngestRules.self, .get, "/v1/ingest-rules", .reader, "The documents of kind IngestRules",
            [.after, .limit], answer: .named("IngestRulesList")),
        AdminRoute(
            ListKnownWorks.self, .get, "/v1/known-works", .reader, "The works that originals are compared with",
            [.after, .limit], answer: .named("KnownWorkList")),
        AdminRoute(
            AddKnownWork.self, .post, "/v1/known-works", .operator, "Add a work that originals are compared with",
            [
                .body("name", .text(.name), "Unique among known works"),
                .body("title", .text(.text(1...256)), "For people", required: false),
                .body(
                    "action", .text(.choice(KnownWork.Action.allCases.map(\.rawValue))),
                    "What follows when an original has it, or a part of it"),
                .body(
                    "fingerprint", .text(.text(1...2_000_000)),
                    "Chromaprint's raw fingerprint: numbers of 32 bits, little-endian, in base64"),
            ], answer: .named("KnownWork"), errors: [409, 422], maximumBody: 3 << 20),
        AdminRoute(
            RemoveKnownWork.self, .delete, "/v1/known-works/{name}", .keyAdmin, "Remove a known work",
            [.path("name", .name, "Its name")], answer: .named("KnownWorkRemoved"), errors: [404]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let review = path("id", .name, "The original's id")
    fileprivate static let reason = body("reason", .text(.text(1...1000)), "Why: kept, and audited")
}
