import Administration
import Catalog

extension AdminRoutes {
    static let jobs = [
        AdminRoute(
            ListJobs.self, .get, "/v1/jobs", .reader, "The jobs, newest first",
            [
                .query("asset", .text(.name), "Only those of this asset"),
                .query("state", .text(.choice(JobState.allCases.map(\.rawValue))), "Only those in this state"),
                .query("after", .text(.locator), "The id of the last job of the page before"), .limit,
            ], answer: .named("JobList"), errors: [404]),
        AdminRoute(
            SubmitJob.self, .post, "/v1/jobs", .operator,
            "Submit a job: a run of a transform over files below the folders that the server's configuration names",
            [
                .body("transform", .text(.name), "The transform's name"),
                .body("asset", .text(.name), "The asset that gets a version; made when there is none"),
                .body(
                    "inputs", .array(.text(.text(1...4096)), 0...SubmitJob.maximumInputs),
                    "Absolute paths on the server, or originals as asset:NAME/FILE; several for an upload, none for a "
                        + "transform that encodes nothing"
                ),
                .body("account", .text(.name), "The storage account; where the asset is when absent", required: false),
                .body("encrypted", .boolean, "In storage; as configured when absent", required: false),
                .body(
                    "priority",
                    .integer(Int64(JobRecord.priorities.lowerBound)...Int64(JobRecord.priorities.upperBound)),
                    "Larger ones run first; the transform's when absent", required: false),
                .body(
                    "correlation", .map(.text(.text(0...256))), "Is told with every event of the job", required: false),
                .body(
                    "preset", .text(.text(1...128)), "In the place of the one that the transform encodes with",
                    required: false),
                .body(
                    "split", .text(.text(1...16)),
                    "Whether the film is encoded in pieces: off, auto, or their length as 60s", required: false),
                .body("encoders", .integer(1...64), "Most encoders of pieces at once", required: false),
                .body(
                    "order", .text(.text(2...SubmitJob.maximumOrder)),
                    "What is made of the inputs, written out in JSON as 'keyway encode' does; in the place of a preset",
                    required: false),
                .body(
                    "encoding", .object(encoding), "What is made besides what preset and transform say", required: false
                ),
            ], answer: .named("Job"), errors: [404, 409, 422]),
        AdminRoute(
            ShowJob.self, .get, "/v1/jobs/{id}", .reader, "One job with its tasks", [.job], answer: .named("Job"),
            errors: [404]),
        AdminRoute(
            CancelJob.self, .post, "/v1/jobs/{id}/cancel", .operator,
            "Cancel a job: what is under way is ended within a second or two", [.job], answer: .named("Job"),
            errors: [404, 409]),
        AdminRoute(
            PauseJob.self, .post, "/v1/jobs/{id}/pause", .operator,
            "Begin nothing more of a job until it is resumed; what is under way goes on to its end", [.job],
            answer: .named("Job"), errors: [404, 409]),
        AdminRoute(
            ResumeJob.self, .post, "/v1/jobs/{id}/resume", .operator, "Let a paused job go on", [.job],
            answer: .named("Job"), errors: [404, 409]),
        AdminRoute(
            RetryJob.self, .post, "/v1/jobs/{id}/retry", .operator,
            "Begin a failed or canceled job again, at the tasks that did not finish", [.job], answer: .named("Job"),
            errors: [404, 409]),
    ]

    private static let encoding: [Schema.Property] = [
        .optional(
            "presets", .text(.text(1...SubmitJob.maximumPresets)),
            "Documents of kind EncodingPreset in YAML or JSON: the only one, or the one that 'preset' names"),
        .optional("join", .boolean, "Whether several inputs, behind one another, become one film"),
        .optional("start", .text(.text(1...32)), "In the only input: seconds, or HH:MM:SS.mmm"),
        .optional("end", .text(.text(1...32)), "In the only input: seconds, or HH:MM:SS.mmm"),
        .optional(
            "clips",
            .array(
                .object([
                    .optional("start", .text(.text(1...32)), "As start"),
                    .optional("end", .text(.text(1...32)), "As end"),
                ]), 1...SubmitJob.maximumInputs),
            "What is taken of each input, in the order of the inputs: an empty one takes all of it"),
        .optional(
            "subtitles", .array(.text(.text(1...4096)), 1...SubmitJob.maximumInputs),
            "Each a file, named as inputs are, and its language, as /srv/film.srt:en or asset:film/de.vtt:de:forced"),
        .optional("overlay", .text(.text(1...4096)), "A picture that lies over the film, named as inputs are"),
        .optional("overlayCorner", .text(.choice(JobEncoding.corners)), "top-right when absent"),
        .optional("loudness", .number, "What sound is brought to, in LUFS (EBU R 128)"),
        .optional("quality", .boolean, "Whether each rendition is held against the source"),
        .optional("thumbnails", .boolean, "Whether thumbnails are made"),
        .optional("poster", .text(.text(1...32)), "best, or its place in the film, as start"),
    ]

    static let transforms = [
        AdminRoute(
            ListTransforms.self, .get, "/v1/transforms", .reader,
            "The transforms in order of name, with those that are built in", [.after, .limit],
            answer: .named("TransformList")),
        AdminRoute(
            ShowTransform.self, .get, "/v1/transforms/{name}", .reader, "One transform as a document",
            [.transform], answer: .named("Transform"), errors: [404]),
        AdminRoute(
            PutTransform.self, .put, "/v1/transforms/{name}", .operator,
            "Store a transform, whatever was there before; jobs that were submitted keep the one that they have",
            [
                .transform, .document("document", .named("TransformDocument"), "kind and name may be left out"),
                .ifMatch, .ifNoneMatch,
            ],
            answer: .named("TransformPut"), errors: [412, 422]),
        AdminRoute(
            DeleteTransform.self, .delete, "/v1/transforms/{name}", .operator,
            "Delete a transform that is not built in; jobs that were submitted go on", [.transform, .ifMatch],
            answer: .named("PolicyDeleted"), errors: [404, 409, 412]),
    ]

    static let presets = [
        AdminRoute(
            ListPresets.self, .get, "/v1/presets", .reader, "The presets that are there without a document", [],
            answer: .named("PresetList")),
        AdminRoute(
            ShowPreset.self, .get, "/v1/presets/{name}", .reader, "One preset",
            [.path("name", .text(1...128), "Its name; letter case and spaces do not matter")], answer: .named("Preset"),
            errors: [404]),
    ]

    static let notifications = [
        AdminRoute(
            ListNotificationEndpoints.self, .get, "/v1/notification-endpoints", .reader,
            "Who is told what happens to jobs", [.after, .limit], answer: .named("NotificationEndpointList")),
        AdminRoute(
            ListDeliveries.self, .get, "/v1/deliveries", .reader,
            "The messages to notification endpoints, newest first, and what became of each",
            [.query("endpoint", .text(.name), "Only those to this endpoint"), .limit],
            answer: .named("DeliveryList"), errors: [404]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let job = path("id", .name, "The job's id")
    fileprivate static let transform = path("name", .name, "The transform's name")
}
