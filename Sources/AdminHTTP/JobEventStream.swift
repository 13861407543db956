import Administration
import Catalog
import Foundation
import Hummingbird

/// Events of jobs: of one job until it has ended, or of all until whoever listens goes. A listener that comes back misses
/// nothing but progress.
struct JobEventStream: Sendable {
    private static let batch = 500

    let catalog: any CatalogEngine

    /// - Parameters:
    ///   - job: nil for all.
    ///   - last: the number of the last event that was seen; nil for the job's start, or for now.
    /// - Throws: `OperatorError` when there is no such job, or the number is none.
    func response(of job: JobID?, after last: String?) async throws -> Response {
        if let job, try await catalog.job(job) == nil {
            throw OperatorError(.missing, "there is no job \(job)")
        }
        var start: Int64 = 0
        if let last {
            start = try EventStream.number(last)
        } else if job == nil {
            start = try await catalog.lastJobEvent()
        }
        return EventStream.response(after: start) { try await next(job, after: $0) }
    }

    private func next(_ job: JobID?, after last: Int64) async throws -> EventStream.Round {
        // Before the reading: what happens after it is read in the next round.
        let hasEnded = try await job.asyncMap { try await catalog.job($0)?.state.isFinal ?? true } ?? false
        let events = try await catalog.jobEvents(after: last, job: job, limit: Self.batch)
        return EventStream.Round(
            events: try events.map {
                EventStream.Event(id: $0.sequence, name: $0.kind.name, data: try Self.text($0))
            }, isOver: hasEnded && events.isEmpty, isFull: events.count == Self.batch || hasEnded)
    }

    private struct Data: Encodable {
        var event: String
        var time: String
        var job: String
        var task: String?
        var previousState: String?
        var state: String
        var progress: Double
    }

    private static func text(_ event: JobEvent) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(
            Data(
                event: event.kind.name, time: ISO8601DateFormatter().string(from: event.time), job: event.job.rawValue,
                task: event.task, previousState: event.oldState, state: event.newState,
                progress: (event.progress * 10_000).rounded() / 10_000))
        return String(decoding: data, as: UTF8.self)
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async throws -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
