import AdminContract
import Administration
import Foundation
import Hummingbird

/// How far an operation is: an event for each change, of which the last one is told when several came between two looks.
struct OperationEventStream: Sendable {
    let operations: OperationDesk

    /// - Parameter last: the number of the last event that was seen; nil for none.
    /// - Throws: `OperatorError` when there is no such operation, or the number is none.
    func response(of id: String, after last: String?) throws -> Response {
        guard operations.look(at: id) != nil else { throw OperatorError(.missing, OperationReport.unknown(id)) }
        return EventStream.response(after: try last.map(EventStream.number) ?? 0) { try next(id, after: $0) }
    }

    private func next(_ id: String, after last: Int64) throws -> EventStream.Round {
        // Forgotten for later ones.
        guard let (report, revision) = operations.look(at: id) else {
            return EventStream.Round(events: [], isOver: true)
        }
        let name = report.state.isFinal ? "OperationStateChange" : "OperationProgress"
        let event = EventStream.Event(
            id: revision, name: name,
            data: String(decoding: try AdminJSON.encoder.encode(Data(report, name)), as: UTF8.self))
        return EventStream.Round(events: revision > last ? [event] : [], isOver: report.state.isFinal)
    }

    private struct Data: Encodable {
        var event: String
        var operation: String
        var kind: OperationKind
        var state: OperationReport.State
        var progress: Double
        var errorCode: String?

        init(_ report: OperationReport, _ event: String) {
            self.event = event
            operation = report.id
            kind = report.kind
            state = report.state
            progress = report.progress
            errorCode = report.errorCode
        }
    }
}
