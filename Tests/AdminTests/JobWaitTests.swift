import Catalog
import Foundation
import Testing

@testable import Administration

/// What is told of a job for which nothing is done.
@Suite struct JobWaitTests {
    private static func details(
        _ state: JobState = .queued, _ tasks: TaskRecord...
    ) -> JobDetails {
        let job = JobRecord(
            id: JobID(rawValue: "job"), asset: "film", input: "/film.mp4", preset: "adaptive", state: state,
            created: moment)
        return JobDetails(job, tasks, at: moment)
    }

    private static func task(
        _ kind: TaskKind, after: [String] = [], _ state: TaskState = .queued, error: String? = nil
    ) -> TaskRecord {
        TaskRecord(
            job: JobID(rawValue: "job"), name: kind.rawValue, kind: kind, dependencies: after, state: state,
            notBefore: error == nil ? nil : moment, errorMessage: error)
    }

    @Test func whatFailedIsToldOnceWithItsTime() {
        let waiting = Self.details(
            .scheduled, Self.task(.encode, .scheduled, error: "its disk is away"),
            Self.task(.publish, after: ["encode"]))
        var told = ToldWaits()
        #expect(told.lines(waiting) == ["waiting: encode: its disk is away; tried again at \(moment.ISO8601Format())"])
        #expect(told.lines(waiting).isEmpty)
        let other = Self.details(.scheduled, Self.task(.encode, .scheduled, error: "it is full"))
        #expect(told.lines(other).count == 1)
        #expect(told.lines(waiting).isEmpty, "it was told before")
    }

    /// Usually it takes a moment.
    @Test func aPlaceIsWaitedForInSilenceAtFirst() {
        var told = ToldWaits()
        let queued = Self.details(.queued, Self.task(.encode))
        for _ in 0..<20 { #expect(told.lines(queued).isEmpty) }
        let line = told.lines(queued)
        #expect(line.count == 1 && line[0].contains("encode: it waits for a place"), "\(line)")
        #expect(told.lines(queued).isEmpty)
        #expect(queued.waits.map(\.task) == ["encode"])
    }

    @Test func whatIsUnderWayWaitsForNothing() {
        let running = Self.details(.processing, Self.task(.encode, .processing), Self.task(.notify))
        #expect(running.waits.isEmpty)
        // But for what failed beside it.
        let beside = Self.details(
            .processing, Self.task(.encode, .processing), Self.task(.checks, .scheduled, error: "clamd is away"))
        #expect(beside.waits.map(\.reason) == ["clamd is away"])
        #expect(Self.details(.finished, Self.task(.encode, .finished)).waits.isEmpty)
    }

    @Test func aPausedJobSaysHowItGoesOn() {
        #expect(Self.details(.paused, Self.task(.encode)).waits.map(\.reason).first?.contains("job resume job") == true)
    }
}
