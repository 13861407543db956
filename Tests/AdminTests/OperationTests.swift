import Catalog
import Foundation
import Synchronization
import Testing

@testable import Administration

@Suite struct OperationTests {
    /// Work that goes on until it is let go or cancelled, and tells what it is told to.
    private final class Held: Sendable {
        private let stream: AsyncStream<(UInt64, UInt64)>
        let tell: AsyncStream<(UInt64, UInt64)>.Continuation

        init() {
            (stream, tell) = AsyncStream.makeStream()
        }

        func order(_ kind: OperationKind, of subject: String? = nil) -> OperationOrder {
            OperationOrder(kind, of: subject) { [stream] progress in
                for await (done, total) in stream { progress(done, total) }
                try Task.checkCancellation()
                return OperationResult(verification: VerifyAssets.Report(assets: []))
            }
        }
    }

    private func ended(_ desk: OperationDesk, _ entry: OperationDesk.Entry) async throws -> OperationReport {
        try await desk.waitForEnd(of: entry).report
    }

    @Test func anOperationRunsAndFinishes() async throws {
        let desk = OperationDesk(now: { moment })
        let held = Held()
        let begun = try desk.begin(held.order(.verification, of: "film"), actor: "me")
        #expect(begun.report.state == .running)
        #expect(begun.report.progress == 0 && begun.report.ended == nil)
        held.tell.yield((1, 4))
        while desk.entry(begun.report.id)?.report.progress != 0.25 { await Task.yield() }
        // Nothing goes back, and only the end is all of it.
        held.tell.yield((0, 4))
        held.tell.yield((9, 4))
        while desk.entry(begun.report.id)?.report.progress != 0.9999 { await Task.yield() }
        let running = try #require(desk.look(at: begun.report.id))
        held.tell.finish()
        let report = try await ended(desk, begun)
        #expect(report.state == .finished && report.progress == 1 && report.ended == moment)
        #expect(report.subject == "film" && report.actor == "me")
        #expect(report.result?.verification != nil)
        let after = try #require(desk.look(at: report.id))
        #expect(after.revision > running.revision)
        #expect(after.report.result == nil, "whoever looks sees no result")
        #expect(throws: OperatorError.self) { try desk.cancel(report.id) }
    }

    @Test func whatIsCanceledEndsSo() async throws {
        let desk = OperationDesk()
        let begun = try desk.begin(Held().order(.verification), actor: "me")
        try desk.cancel(begun.report.id)
        let report = try await ended(desk, begun)
        #expect(report.state == .canceled && report.ended != nil && report.error == nil)
    }

    @Test func whatFailsSaysWhy() async throws {
        let desk = OperationDesk()
        let order = OperationOrder(.backup, of: "b") { _ in throw OperatorError(.storageFailed, "the disk is full") }
        let report = try await ended(desk, try desk.begin(order, actor: "me"))
        #expect(report.state == .error && report.errorCode == "storageFailed" && report.error == "the disk is full")
        #expect(report.outline.error == nil && report.outline.errorCode == "storageFailed")
        struct Other: Error {}
        let unknown = try await ended(desk, try desk.begin(OperationOrder(.backup) { _ in throw Other() }, actor: "me"))
        #expect(unknown.errorCode == "failed")
    }

    @Test func onlySoManyAreUnderWay() async throws {
        let desk = OperationDesk()
        let held = (0..<4).map { _ in Held() }
        let first = try desk.begin(held[0].order(.verification, of: "one"), actor: "me")
        let second = try desk.begin(held[1].order(.verification), actor: "me")
        do {
            _ = try desk.begin(held[2].order(.verification), actor: "me")
            Issue.record("a third one was begun")
        } catch let error as OperatorError {
            #expect(error.code == .conflict)
            #expect(error.message.contains(first.report.id) && error.message.contains(second.report.id))
        }
        // Other kinds do not count, and a rotation is shared.
        let rotation = try desk.begin(held[2].order(.kekRotation), actor: "me")
        let joined = try desk.begin(held[3].order(.kekRotation), actor: "another")
        #expect(joined.report.id == rotation.report.id && joined.report.actor == "me")
        for entry in [first, second, rotation] {
            try desk.cancel(entry.report.id)
            _ = try await ended(desk, entry)
        }
        let again = try desk.begin(held[2].order(.verification), actor: "me")
        try desk.cancel(again.report.id)
        _ = try await ended(desk, again)
    }

    @Test func onlySoManyAreRemembered() async throws {
        let desk = OperationDesk()
        let backup = try desk.begin(OperationOrder(.backup) { _ in OperationResult() }, actor: "me")
        _ = try await ended(desk, backup)
        var last = backup
        for _ in 0..<(OperationDesk.remembered + 10) {
            last = try desk.begin(OperationOrder(.verification) { _ in OperationResult() }, actor: "me")
            _ = try await ended(desk, last)
        }
        #expect(desk.all.count <= OperationDesk.remembered + 2)
        #expect(desk.all.first?.id == last.report.id)
        // The last one of each kind is.
        #expect(desk.latest(.backup)?.report.id == backup.report.id)
    }

    @Test func rolesSeeAndCancelWhatTheyMayBegin() async throws {
        let site = try Desk()
        let desk = OperationDesk()
        func ask(_ role: AdminRole) -> LocalOperator {
            var context = site.context(role)
            context.operations = desk
            return LocalOperator(context)
        }
        let held = Held()
        let id = try desk.begin(held.order(.backup, of: "b"), actor: "me").report.id
        #expect(try await ask(.reader).perform(ShowOperation(id: id)).state == .running)
        #expect(try await ask(.reader).perform(ListOperations()).operations.map(\.id) == [id])
        #expect(await refusal { _ = try await ask(.operator).perform(CancelOperation(id: id)) } == .notPermitted)
        #expect(await refusal { _ = try await ask(.keyAdmin).perform(CancelOperation(id: "x")) } == .missing)
        held.tell.finish()
        _ = try await desk.waitForEnd(of: #require(desk.entry(id)))
        #expect(try await ask(.operator).perform(ShowOperation(id: id)).result == nil)
        #expect(try await ask(.keyAdmin).perform(ShowOperation(id: id)).result != nil)
        #expect(try await ask(.keyAdmin).perform(ListOperations()).operations.allSatisfy { $0.result == nil })
        #expect(await refusal { _ = try await ask(.keyAdmin).perform(CancelOperation(id: id)) } == .conflict)
        #expect(await refusal { _ = try await ask(.reader).perform(ShowOperation(id: "x")) } == .missing)
    }
}
