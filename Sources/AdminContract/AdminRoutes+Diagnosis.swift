import Administration
import Catalog

extension AdminRoutes {
    static let diagnosis = [
        AdminRoute(
            Diagnose.self, .get, "/v1/doctor", .operator,
            "Look at everything on the server's machine that may be wrong, and say what to do; changes nothing",
            [
                .query("network", .boolean, "Whether servers elsewhere are asked, too"),
                .query(
                    "auditRecords", .integer(0...1_000_000),
                    "How many of the newest audit records are checked; \(Diagnose.defaultAuditRecords) when absent"),
            ], answer: .named("Diagnosis"), errors: [409])
    ]
}

extension AdminSchemas {
    static let diagnosis: [(String, Schema)] = [
        (
            "Diagnosis",
            .object([
                .required("dataFolder", text), .required("state", findingState, "The worst of the findings'"),
                .required(
                    "findings",
                    .list(
                        .object([
                            .required("check", text, "What was looked at"), .required("state", findingState),
                            .required("text", text, "What was found, and what it means"),
                            .optional("action", text, "What to do"),
                        ]))),
            ])
        )
    ]

    private static let findingState = Schema.text(.choice(["ok", "warning", "error"]))
}
