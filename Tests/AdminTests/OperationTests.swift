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

    /// Waits until so much of it is done.
    private func reaches(_ progress: Double, _ desk: OperationDesk, _ entry: OperationDesk.Entry) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while desk.entry(entry.report.id)?.report.progress != progress {
            try #require(ContinuousClock.now < deadline, "it does not come to \(progress)")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test func anOperationRunsAndFinishes() async throws {
        let desk = OperationDesk(now: { moment })
        let held = Held()
        let begun = try desk.begin(held.order(.verification, of: "film"), actor: "me")
        #expect(begun.report.state == .running)
        #expect(begun.report.progress == 0 && begun.report.ended == nil)
        held.tell.yield((1, 4))
        try await reaches(0.25, desk, begun)
        // Nothing goes back, and only the end is all of it.
        held.tell.yield((0, 4))
        held.tell.yield((9, 4))
        try await reaches(0.9999, desk, begun)
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

    /// Between the question and the end it says what it is.
    @Test func whatIsBeingCanceledSaysSo() async throws {
        let desk = OperationDesk()
        let (stream, gate) = AsyncStream<Void>.makeStream()
        let order = OperationOrder(.verification) { _ in
            // What does not end at once.
            await Task.detached { for await _ in stream {} }.value
            try Task.checkCancellation()
            return OperationResult()
        }
        let begun = try desk.begin(order, actor: "me")
        #expect(begun.report.canceling == nil)
        let before = try #require(desk.look(at: begun.report.id)).revision
        try desk.cancel(begun.report.id)
        let asked = try #require(desk.look(at: begun.report.id))
        #expect(asked.report.state == .running && asked.report.canceling == true && asked.revision > before)
        gate.finish()
        let report = try await ended(desk, begun)
        #expect(report.state == .canceled && report.canceling == nil)
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

    /// Work that takes note of its cancellation only when it is let go.
    private func stubborn(_ kind: OperationKind, _ gate: AsyncStream<Void>) -> OperationOrder {
        OperationOrder(kind) { _ in
            await Task { for await _ in gate {} }.value
            try Task.checkCancellation()
            return OperationResult()
        }
    }

    @Test(arguments: OperationKind.allCases)
    func nobodyJoinsWhatIsBeingCanceled(kind: OperationKind) async throws {
        let desk = OperationDesk()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let begun = try (0..<kind.maximumRunning).map { _ in try desk.begin(stubborn(kind, gate), actor: "me") }
        let first = try #require(begun.first)
        try desk.cancel(first.report.id)
        #expect(desk.entry(first.report.id)?.report.state == .running)
        do {
            _ = try desk.begin(Held().order(kind), actor: "me")
            Issue.record("one was begun or joined")
        } catch let error as OperatorError {
            #expect(error.code == .conflict)
            #expect(error.message.contains(first.report.id) && error.message.contains("is being canceled"))
        }
        open.finish()
        #expect(try await ended(desk, first).state == .canceled)
        for other in begun.dropFirst() { _ = try await ended(desk, other) }
        let again = try desk.begin(Held().order(kind), actor: "me")
        try desk.cancel(again.report.id)
        _ = try await ended(desk, again)
    }

    @Test func aProcessThatEndsCancelsAllAndBeginsNothing() async throws {
        let desk = OperationDesk()
        let begun = try [OperationKind.verification, .backup].map { try desk.begin(Held().order($0), actor: "me") }
        desk.cancelAll()
        for entry in begun { #expect(try await ended(desk, entry).state == .canceled) }
        #expect(await refusal { _ = try desk.begin(Held().order(.kekRotation), actor: "me") } == .unavailable)
    }

    @Test func theLastOneOfAKindThatEndedIsRemembered() async throws {
        let desk = OperationDesk()
        let first = try desk.begin(OperationOrder(.backup) { _ in OperationResult() }, actor: "me")
        _ = try await ended(desk, first)
        let running = try desk.begin(Held().order(.backup), actor: "me")
        for _ in 0..<(OperationDesk.remembered + 10) {
            _ = try await ended(
                desk, try desk.begin(OperationOrder(.verification) { _ in OperationResult() }, actor: "me"))
        }
        #expect(desk.entry(first.report.id)?.report.state == .finished)
        // That, the last verification, as many more, and what is under way.
        #expect(desk.all.count == OperationDesk.remembered + 3)
        try desk.cancel(running.report.id)
        _ = try await ended(desk, running)
    }

    /// One of an hour is not forgotten for the many that began and ended meanwhile.
    @Test func whatTookLongIsRememberedFromItsEnd() async throws {
        let desk = OperationDesk()
        let held = Held()
        let long = try desk.begin(held.order(.verification), actor: "me")
        for _ in 0..<(OperationDesk.remembered + 10) {
            _ = try await ended(
                desk, try desk.begin(OperationOrder(.verification) { _ in OperationResult() }, actor: "me"))
        }
        held.tell.finish()
        #expect(try await ended(desk, long).result?.verification != nil)
        _ = try await ended(
            desk, try desk.begin(OperationOrder(.verification) { _ in OperationResult() }, actor: "me"))
        #expect(desk.entry(long.report.id)?.report.state == .finished)
    }

    private func report(_ asset: String, damage: Int = 0) -> VerifyAsset.Report {
        VerifyAsset.Report(
            asset: asset, files: 2, bytes: 10, withoutTags: 1,
            damage: (0..<damage).map {
                VerifyAsset.Damage(version: 1, name: "video", file: "f\($0)", start: nil, end: nil, reason: "changed")
            })
    }

    @Test func reportsOfVerificationsAreBounded() throws {
        let (whole, places) = (VerificationReports.maximumWhole, VerificationReports.maximumDamage)
        var reports = VerificationReports(keepsAll: false)
        for number in 0..<whole + 5 { reports.add(report("whole-\(number)")) }
        reports.add(report("most", damage: places - 1))
        reports.add(report("cut", damage: 3))
        reports.add(report("counted", damage: 2))
        #expect(reports.assets.count == whole + 2)
        #expect(reports.assets.last?.asset == "cut")
        #expect(reports.assets.last?.damage.count == 1 && reports.assets.last?.moreDamage == 2)
        #expect(reports.assets.dropLast().last?.moreDamage == nil)
        let total = reports.total
        #expect(
            total.assets == whole + 8 && total.files == 2 * total.assets && total.bytes == 10 * UInt64(total.assets))
        #expect(total.withoutTags == total.assets && total.damagedAssets == 3 && total.damage == places + 4)
    }

    /// Who names assets hears of each.
    @Test func assetsThatWereNamedHaveTheirReports() throws {
        let (whole, places) = (VerificationReports.maximumWhole, VerificationReports.maximumDamage)
        var reports = VerificationReports(keepsAll: true)
        for number in 0..<whole + 5 { reports.add(report("whole-\(number)")) }
        reports.add(report("most", damage: places))
        reports.add(report("later", damage: 3))
        #expect(reports.assets.count == whole + 7)
        #expect(reports.assets.last?.damage.count == 1 && reports.assets.last?.moreDamage == 2)
        // Of a server that does not count.
        let counted = VerifyAssets.Report(assets: [report("a"), report("b", damage: 2)]).counted
        #expect(counted.assets == 2 && counted.damagedAssets == 1 && counted.damage == 2)
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

    @Test func cancellationsAreAudited() async throws {
        let site = try Desk()
        let desk = OperationDesk()
        func ask(_ role: AdminRole) -> LocalOperator {
            var context = site.context(role)
            context.operations = desk
            return LocalOperator(context)
        }
        let begun = try desk.begin(Held().order(.backup, of: "b"), actor: "me")
        #expect(await refusal { _ = try await ask(.operator).perform(CancelOperation(id: begun.report.id)) } != nil)
        #expect(try await site.events().isEmpty)
        _ = try await ask(.keyAdmin).perform(CancelOperation(id: begun.report.id))
        #expect(try await ended(desk, begun).state == .canceled)
        #expect(
            await refusal { _ = try await ask(.keyAdmin).perform(CancelOperation(id: begun.report.id)) } == .conflict)
        let events = try await site.events()
        #expect(events.map(\.action) == [.operationCanceled] && events.first?.actor == "tester")
        #expect(events.first?.detail == "backup, b, operation \(begun.report.id)")
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
