import Administration
import Catalog

extension AdminRoutes {
    static let operations = [
        AdminRoute(
            ListOperations.self, .get, "/v1/operations", .reader,
            "The long work that is under way and the last that ended, newest first", answer: .named("OperationList")),
        AdminRoute(
            ShowOperation.self, .get, "/v1/operations/{id}", .reader,
            "One operation; what came of it for the role that may begin it", [.operation],
            answer: .named("Operation"), errors: [404]),
        AdminRoute(
            CancelOperation.self, .post, "/v1/operations/{id}/cancel", .operator,
            "Cancel an operation, with the role that may begin it: it ends within a second or two", [.operation],
            answer: .named("Operation"), errors: [404, 409]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let operation = path("id", .name, "The operation's id")
}

/// What a client would rather have (RFC 7240).
public enum Preference {
    public static let header = "Prefer"
    /// Long work is begun, and answered at once.
    public static let asynchronous = "respond-async"

    /// Whether a `Prefer` field asks for an answer at once; what else it says is nobody's here, and passed over.
    public static func isAsynchronous(_ field: String) -> Bool {
        field.split(separator: ",").contains { item in
            let token = item.prefix { $0 != ";" && $0 != "=" }
            return token.filter { !$0.isWhitespace }.lowercased() == asynchronous
        }
    }
}

extension AdminSchemas {
    static let operations: [(String, Schema)] = [
        ("OperationList", .object([.required("operations", .list(.named("Operation")))])),
        (
            "Operation",
            .object([
                .required("id", name), .required("kind", words(OperationKind.self)),
                .optional("subject", name, "The backup, or the only asset that is verified"),
                .required("actor", text, "Who began it"), .required("state", words(OperationReport.State.self)),
                .optional("canceling", .boolean, "True from when it was canceled until it has ended"),
                .required("progress", .number, "From 0 to 1"), .required("begun", time), .optional("ended", time),
                .optional(
                    "result", .object(results), "Not in lists, and for the role that may begin the operation only"),
                .optional("errorCode", text), .optional("error", text, "Why it ended in error; as result"),
            ])
        ),
    ]

    private static let results: [Schema.Property] = [
        .optional(
            "backup",
            .object([
                .required("manifest", .document, "What the backup says of itself"),
                .required("unchanged", .count, "Versions and originals that were not copied again"),
                .required("defects", .list(backupDefect), "Media of the site that was missing or damaged"),
            ])),
        .optional(
            "kekRotation",
            .object([
                .required("version", .count, "Everything is wrapped under it"),
                .required("isNew", .boolean, "False when a rotation that was under way was continued"),
                .required("rewrapped", .count), .required("remaining", .count, "Left under older versions"),
                .required("failures", .list(text), "What does not open: the first ones"),
            ])),
        .optional("verification", .named("Verifications")),
    ]
}
