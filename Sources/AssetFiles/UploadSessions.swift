import Catalog

/// One writer an upload: who comes last is the one that the client still knows of, so the one before is stopped.
final class UploadSessions: Sendable {
    private actor Table {
        private var running: [UploadID: (number: Int, task: Task<UploadRecord, any Error>)] = [:]
        private var count = 0

        func start(
            _ id: UploadID, _ work: @escaping @Sendable () async throws -> UploadRecord
        ) async -> (number: Int, task: Task<UploadRecord, any Error>) {
            await stop(id)
            count += 1
            let task = Task { try await work() }
            running[id] = (count, task)
            return (count, task)
        }

        func stop(_ id: UploadID) async {
            // Whoever waited as well may have started meanwhile.
            while let session = running[id] {
                session.task.cancel()
                _ = await session.task.result
                end(id, session.number)
            }
        }

        func end(_ id: UploadID, _ number: Int) {
            if running[id]?.number == number { running[id] = nil }
        }
    }

    private let table = Table()

    func run(
        _ id: UploadID, _ work: @escaping @Sendable () async throws -> UploadRecord
    ) async throws -> UploadRecord {
        let session = await table.start(id, work)
        let result = await withTaskCancellationHandler {
            await session.task.result
        } onCancel: {
            session.task.cancel()
        }
        await table.end(id, session.number)
        return try result.get()
    }

    func stop(_ id: UploadID) async {
        await table.stop(id)
    }
}
