import Administration
import HTTPSurface
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// An answer of server-sent events (WHATWG HTML, 9.2): until what they tell of has ended, or whoever listens goes. A
/// listener that comes back says the last event that it saw (`Last-Event-ID`).
enum EventStream {
    private static let interval = Duration.milliseconds(250)
    /// A comment keeps proxies from closing what is quiet.
    private static let silence = Duration.seconds(15)
    /// A listener comes back after this at the latest, with a token that is looked at again.
    private static let longest = Duration.seconds(3600)

    static let lastEventID = HTTPField.Name("Last-Event-ID")

    struct Event {
        var id: Int64
        var name: String
        /// In one line.
        var data: String
    }

    /// What there is after an event.
    struct Round {
        var events: [Event]
        /// Whether nothing comes after them.
        var isOver = false
        /// Whether there are more of them now.
        var isFull = false
    }

    /// - Throws: `OperatorError` for what is no event's id.
    static func number(_ last: String) throws -> Int64 {
        guard let number = Int64(last), number >= 0 else {
            throw OperatorError(.malformed, "Last-Event-ID is not the id of an event")
        }
        return number
    }

    /// - Parameters:
    ///   - first: the id of the last event that was seen.
    ///   - next: is asked for what is after an event, again and again.
    static func response(
        after first: Int64, _ next: @escaping @Sendable (_ last: Int64) async throws -> Round
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await write(to: &writer, after: first, next)
                try await writer.finish(nil)
            })
    }

    private static func write(
        to writer: inout any ResponseBodyWriter, after first: Int64, _ next: (Int64) async throws -> Round
    ) async throws {
        var last = first
        let end = ContinuousClock.now + longest
        var quietSince = ContinuousClock.now
        try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
        while ContinuousClock.now < end, !Task.isCancelled, !Task.isShuttingDownGracefully {
            let round = try await next(last)
            for event in round.events {
                try await writer.write(
                    ByteBuffer(string: "id: \(event.id)\nevent: \(event.name)\ndata: \(event.data)\n\n"))
                last = event.id
            }
            if round.isOver { return }
            let now = ContinuousClock.now
            if !round.events.isEmpty { quietSince = now }
            if now - quietSince > silence {
                try await writer.write(ByteBuffer(string: ": still here\n\n"))
                quietSince = now
            }
            if !round.isFull { try await Task.sleep(for: interval) }
        }
    }
}
