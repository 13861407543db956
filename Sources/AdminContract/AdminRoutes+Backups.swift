import Administration
import Catalog

extension AdminRoutes {
    static let backups = [
        AdminRoute(
            TakeBackup.self, .post, "/v1/backups", .keyAdmin,
            "Start a backup into the folder of backups that the server's configuration names",
            [
                .body("name", .text(.name), "Of the backup: a folder that is not there"),
                .body("media", .boolean, "Whether media files are copied, too", required: false),
                .body(
                    "base", .text(.name), "An earlier backup with media: files that are unchanged are linked",
                    required: false),
            ], answer: .named("Backup"), errors: [409, 422]),
        AdminRoute(
            ShowBackup.self, .get, "/v1/backups", .keyAdmin, "How far a backup is, and how it ended",
            [.query("id", .text(.name), "As it was answered when the backup was started; the last one when absent")],
            answer: .named("Backup"), errors: [404]),
    ]
}

extension AdminSchemas {
    static let backups: [(String, Schema)] = [
        (
            "Backup",
            .object([
                .required("state", words(BackupProgress.State.self)), .optional("id", name, "Also in the manifest"),
                .optional("name", name),
                .required("done", .count, "Asset versions and originals"), .required("total", .count),
                .optional("manifest", .document, "What the backup says of itself, once it is there"),
                .optional("unchanged", .count, "Versions and originals that were not copied again"),
                .optional("defects", .list(backupDefect), "Media of the site that was missing or damaged"),
                .optional("errorCode", text), .optional("error", text, "Why it failed"),
            ])
        )
    ]

    static let backupDefect = Schema.object([
        .required("asset", name), .optional("version", .count, "Absent for an original"),
        .required("file", text), .required("reason", text),
    ])
}
