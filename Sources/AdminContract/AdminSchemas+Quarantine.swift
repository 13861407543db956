import Administration
import Catalog

extension AdminSchemas {
    static let quarantine: [(String, Schema)] = [
        ("ReviewList", page("reviews", .named("Review"))),
        (
            "Review",
            .object([
                .required("id", uuid), .required("asset", name), .required("file", .text(.fileName)),
                .required("size", .count),
                .required("contentType", text), .required("state", words(IngestRecord.State.self)),
                .required("findings", .list(.named("CheckFinding"))),
                .optional("obstacle", text, "What a check waits for"),
                .optional("notBefore", time, "When it is tried again"),
                .optional(
                    "decision",
                    .object([
                        .required("verdict", words(ReviewDecision.Verdict.self)), .required("actor", text),
                        .required("reason", text), .required("time", time),
                    ])), .required("created", time),
            ])
        ),
        (
            "CheckFinding",
            .object([
                .required("check", text), .required("outcome", words(CheckFinding.Outcome.self)),
                .required("reasons", .list(text)), .required("time", time),
            ])
        ),
        ("IngestRulesList", page("rules", .named("IngestRules"))),
        (
            "IngestRules",
            .object([
                .required("kind", text), .required("name", name), .optional("description", text),
                .required("unreadable", words(IngestRules.Action.self)), .required("rules", .list(rule)),
            ])
        ),
        ("KnownWorkList", page("works", .named("KnownWork"))),
        (
            "KnownWork",
            .object([
                .required("name", name), .optional("title", text), .required("action", words(KnownWork.Action.self)),
                .required("seconds", .number, "Of its sound"), .required("created", time),
            ])
        ),
        ("KnownWorkRemoved", .object([.required("name", name)])),
    ]

    private static let rule = Schema.object([
        .required("name", name),
        .required(
            "when",
            .map(
                .object([
                    .optional("below", .number), .optional("above", .number), .optional("anyOf", .list(text)),
                    .optional("otherThan", .list(text)), .optional("lacks", .list(text)),
                ]))),
        .required("then", words(IngestRules.Action.self)), .optional("message", text),
    ])
}
