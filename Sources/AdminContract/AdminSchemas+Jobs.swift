import Administration
import Catalog

extension AdminSchemas {
    static let jobs: [(String, Schema)] = [
        ("JobList", page("jobs", .named("JobSummary"))),
        ("JobSummary", .object(summary)),
        ("JobTask", .object(task)),
        (
            "Job",
            .object([
                .required("job", .named("JobSummary")), .required("inputs", .list(text)),
                .required("warnings", .list(text)), .required("tasks", .list(.named("JobTask"))),
                .optional("remaining", .count, "Seconds that the tasks under way still take, as they went until now"),
            ])
        ),
        ("TransformList", page("transforms", .named("TransformSummary"))),
        (
            "TransformSummary",
            .object([
                .required("name", name), .optional("description", text), .required("builtIn", .boolean),
                .required("tasks", .list(text)),
            ])
        ),
        ("Transform", .object(transform)),
        (
            "TransformPut",
            .object([
                .required("change", .text(.choice(["create", "update", "unchanged"]))),
                .required("transform", .named("Transform")),
            ])
        ),
        ("TransformDocument", .object(transformDocument)),
        ("PresetList", .object([.required("presets", .list(.named("Preset")))])),
        ("Preset", .object(preset)),
        ("NotificationEndpointList", page("endpoints", .named("NotificationEndpoint"))),
        (
            "NotificationEndpoint",
            .object([
                .required("name", name), .required("url", text), .required("secret", name),
                .required("events", words(NotificationEndpoint.Events.self)), .required("account", name),
            ])
        ),
        ("DeliveryList", .object([.required("deliveries", .list(.named("Delivery")))])),
        ("Delivery", .object(delivery)),
    ]

    private static let summary: [Schema.Property] = [
        .required("id", text), .required("asset", name), .required("transform", name),
        .required("state", words(JobState.self)), .required("priority", .integer(-1000...1000)),
        .required("progress", .number, "From 0 to 1"), .required("created", time), .optional("started", time),
        .optional("ended", time), .optional("version", .count, "That the job made"), .optional("errorCode", text),
        .optional("errorMessage", text), .required("correlation", .map(text)),
    ]

    private static let task: [Schema.Property] = [
        .required("name", name), .required("kind", words(TaskKind.self)), .required("state", words(TaskState.self)),
        .required("after", .list(text)), .required("attempt", .count), .required("progress", .number, "From 0 to 1"),
        .optional("notBefore", time, "When it is tried again"), .optional("started", time), .optional("ended", time),
        .optional("errorCode", text), .optional("errorClass", words(TaskErrorClass.self)),
        .optional("errorMessage", text), .required("result", .map(text)),
        .optional("remaining", .count, "Seconds that it still takes"),
    ]

    /// As people write it, with what may be left out or said in a word: the tasks are judged as those of a document.
    private static let transformDocument: [Schema.Property] = [
        .optional("kind", text), .optional("name", name), .optional("description", text),
        .optional("priority", .integer(-1000...1000)),
        .required("tasks", .array(.document, 1...Transform.maximumTasks), "See Documentation/writing-transforms.md"),
    ]

    private static let transform: [Schema.Property] = [
        .required("kind", text), .required("name", name), .optional("description", text),
        .optional("priority", .integer(-1000...1000)),
        .required(
            "tasks",
            .list(
                .object([
                    .required("name", name), .required("kind", words(TaskKind.self)), .optional("after", .list(text)),
                    .optional("onError", words(TaskFailureRule.self)),
                    .optional(
                        "preset", .either([text, .document]),
                        "A name, or the fields of an EncodingPreset in its place"),
                    .optional("loudness", .number, "In LUFS"), .optional("quality", .boolean),
                    .optional(
                        "overlay",
                        .object([
                            .required("file", text, "As asset:NAME/FILE"),
                            .required("corner", .text(.choice(JobEncoding.corners))),
                            .required("width", text, "Of the film's, as 12%"),
                        ])),
                    .optional(
                        "thumbnails",
                        .object([
                            .required("interval", text, "As 10s"), .required("width", .count),
                            .required("columns", .count), .required("rows", .count),
                        ])),
                    .optional(
                        "poster",
                        .object([.required("position", text, "best, or as 12.5s"), .required("width", .count)])),
                    .optional("split", text), .optional("encoders", .count),
                    .optional("deliveryPolicies", .list(text)), .optional("verify", words(VerificationRule.self)),
                    .optional("authorizationPolicy", text), .optional("accessPolicy", text),
                    .optional("folder", text), .optional("sas", name, "The secret that holds the URL"),
                    .optional("formats", .list(words(TaskPackage.Format.self))),
                    .optional("encryption", words(TaskPackage.Encryption.self)), .optional("keysUrl", text),
                    .optional("urls", .list(text)), .optional("endpoint", text),
                ]))),
    ]

    private static let preset: [Schema.Property] = [
        .required("name", text), .optional("codec", text), .optional("ladder", text),
        .required(
            "renditions",
            .list(
                .object([
                    .required("codec", text), .required("width", .count), .required("height", .count),
                    .required("bitrate", .count, "In bits per second"),
                ]))),
        .required(
            "audio",
            .list(
                .object([
                    .required("codec", text), .required("channels", .count),
                    .required("bitrate", .count, "In bits per second"),
                ]))),
        .required("recipe", .document, "All of it, as jobs carry it"),
    ]

    private static let delivery: [Schema.Property] = [
        .required("id", text, "The same in every attempt"), .required("endpoint", name), .required("job", text),
        .required("event", text), .required("state", words(DeliveryRecord.State.self)), .required("attempt", .count),
        .optional("status", .count, "Of the last attempt"), .optional("error", text, "Of the last attempt"),
        .required("created", time), .optional("notBefore", time), .optional("ended", time),
    ]
}
