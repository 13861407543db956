import Catalog
import Foundation
import GRDB

extension JobRecord {
    init(row: Row) throws {
        self.init(
            id: JobID(rawValue: row["id"]), asset: row["asset"], input: row["input"], preset: row["preset"],
            transform: row["transform"], priority: row["priority"],
            correlation: try Column.value([String: String].self, json: row["correlation"]),
            state: try Column.word(JobState.self, row["state"]), progress: row["progress"],
            errorCode: row["errorCode"], errorMessage: row["errorMessage"], created: Column.date(row["created"]),
            started: (row["started"] as Double?).map(Column.date), ended: (row["ended"] as Double?).map(Column.date),
            version: row["version"],
            warnings: (row["warnings"] as String).split(separator: "\n").map(String.init),
            isStorageEncrypted: row["storageEncrypted"], storageAccount: row["storageAccount"])
        isPaused = row["paused"]
        isCanceling = row["canceling"]
    }
}

extension TaskRecord {
    init(row: Row) throws {
        self.init(
            job: JobID(rawValue: row["job"]), name: row["name"], kind: try Column.word(TaskKind.self, row["kind"]),
            dependencies: try Column.value([String].self, json: row["dependencies"]),
            options: try Column.value(TaskOptions.self, json: row["options"]),
            onError: try Column.word(TaskFailureRule.self, row["onError"]),
            state: try Column.word(TaskState.self, row["state"]), attempt: row["attempt"],
            formerAttempts: row["formerAttempts"], progress: row["progress"],
            notBefore: (row["notBefore"] as Double?).map(Column.date), errorCode: row["errorCode"],
            errorMessage: row["errorMessage"],
            errorClass: try (row["errorClass"] as String?).map { try Column.word(TaskErrorClass.self, $0) },
            result: try Column.value([String: String].self, json: row["result"]),
            started: (row["started"] as Double?).map(Column.date), ended: (row["ended"] as Double?).map(Column.date))
    }
}

extension JobEvent {
    init(row: Row) throws {
        guard let kind = Kind(rawValue: row["kind"]) else {
            throw CatalogError(.corrupt, "a stored event is of kind \(row["kind"] as Int)")
        }
        self.init(
            sequence: row["sequence"], time: Column.date(row["time"]), kind: kind, job: JobID(rawValue: row["job"]),
            task: row["task"], oldState: row["oldState"], newState: row["newState"], progress: row["progress"])
    }
}

extension DeliveryRecord {
    init(row: Row) throws {
        self.init(
            id: row["id"], endpoint: row["endpoint"], job: JobID(rawValue: row["job"]), event: row["event"],
            body: row["body"], state: try Column.word(State.self, row["state"]), attempt: row["attempt"],
            notBefore: (row["notBefore"] as Double?).map(Column.date), status: row["status"], error: row["error"],
            created: Column.date(row["created"]), ended: (row["ended"] as Double?).map(Column.date))
    }
}
