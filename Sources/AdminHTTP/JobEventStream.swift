import Administration
import Catalog
import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Events of jobs as server-sent events (WHATWG HTML, 9.2): of one job until it has ended, or of all until whoever listens
/// goes. A listener that comes back says the last event that it saw (`Last-Event-ID`) and misses nothing but progress.
struct JobEventStream: Sendable {
    private static let interval = Duration.milliseconds(250)
    /// A comment keeps proxies from closing what is quiet.
    private static let silence = Duration.seconds(15)
    /// A listener comes back after this at the latest, with a token that is looked at again.
    private static let longest = Duration.seconds(3600)
    private static let batch = 500

    static let lastEventID = HTTPField.Name("Last-Event-ID")

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
            guard let number = Int64(last), number >= 0 else {
                throw OperatorError(.malformed, "Last-Event-ID is not the id of an event")
            }
            start = number
        } else if job == nil {
            start = try await catalog.lastJobEvent()
        }
        let first = start
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await write(to: &writer, job, after: first)
                try await writer.finish(nil)
            })
    }

    private func write(
        to writer: inout any ResponseBodyWriter, _ job: JobID?, after start: Int64
    ) async throws {
        var last = start
        let end = ContinuousClock.now + Self.longest
        var quietSince = ContinuousClock.now
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        while ContinuousClock.now < end, !Task.isCancelled, !Task.isShuttingDownGracefully {
            // Before the reading: what happens after it is read in the next round.
            let isOver = try await job.asyncMap { try await catalog.job($0)?.state.isFinal ?? true } ?? false
            let events = try await catalog.jobEvents(after: last, job: job, limit: Self.batch)
            for event in events {
                try await writer.write(ByteBuffer(string: try Self.text(event)))
                last = event.sequence
            }
            if isOver, events.isEmpty { return }
            let now = ContinuousClock.now
            if !events.isEmpty { quietSince = now }
            if now - quietSince > Self.silence {
                try await writer.write(ByteBuffer(string: ": still here\n\n"))
                quietSince = now
            }
            if events.count < Self.batch, !isOver { try await Task.sleep(for: Self.interval) }
        }
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
        return "id: \(event.sequence)\nevent: \(event.kind.name)\ndata: \(String(decoding: data, as: UTF8.self))\n\n"
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async throws -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
