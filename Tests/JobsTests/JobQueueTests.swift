import Catalog
import CatalogSQLite
import Foundation
import Logging
import Synchronization
import Testing

@testable import Jobs

/// Jobs of several tasks, whose steps are the test's.
@Suite struct JobPipelineTests {
    private static func tasks(_ job: JobID) -> [TaskRecord] {
        [
            TaskRecord(job: job, name: "encode", kind: .encode),
            TaskRecord(job: job, name: "verify", kind: .verify, dependencies: ["encode"]),
            TaskRecord(job: job, name: "publish", kind: .publish, dependencies: ["verify"]),
        ]
    }

    private func submit(_ workshop: Workshop, _ asset: String = "film") async throws -> JobRecord {
        let job = JobRecord(id: JobID(), asset: asset, input: "/in/film.mp4", preset: "adaptive", created: Date())
        try await workshop.catalog.apply([.insertJob(job, tasks: Self.tasks(job.id))])
        return job
    }

    private func steps(verify: @escaping PipelineSteps.Step) -> PipelineSteps {
        PipelineSteps(
            verify: verify,
            publish: { input in
                TaskOutcome(
                    result: ["version": "\(input.version.number)"],
                    changes: [.setCurrentVersion(asset: input.version.asset, number: input.version.number)])
            },
            prewarm: { _ in TaskOutcome() })
    }

    private func run(_ workshop: Workshop, _ job: JobRecord, _ steps: PipelineSteps) async throws -> JobRecord {
        let encoder = try workshop.encoder("cat \"$STREAM\"", stream: Wire.good())
        return try await workshop.queue(workshop.worker(encoder), steps: steps).waitForEnd(of: job.id) { _ in }
    }

    private static func checking(_ canCheck: Bool) -> PipelineSteps {
        PipelineSteps(
            verify: { _ in TaskOutcome() }, publish: { _ in TaskOutcome() }, prewarm: { _ in TaskOutcome() },
            check: { _ in
                guard canCheck else { throw JobFailure(.checkUnavailable, "not known here") }
                return TaskOutcome(result: ["scan": "passed"])
            }, canCheck: { canCheck })
    }

    private func submitChecked(_ workshop: Workshop) async throws -> JobRecord {
        let job = JobRecord(id: JobID(), asset: "safe", input: "/in/film.mp4", preset: "adaptive", created: Date())
        try await workshop.catalog.apply([
            .insertJob(
                job,
                tasks: [
                    TaskRecord(job: job.id, name: "checks", kind: .checks),
                    TaskRecord(job: job.id, name: "encode", kind: .encode, dependencies: ["checks"]),
                ])
        ])
        return job
    }

    /// Who does not know of a check takes no such task, and lets whoever does have the lock.
    @Test func checksAreLeftToWhoeverKnowsThem() async throws {
        let workshop = try Workshop()
        let worker = workshop.worker(try workshop.encoder("cat \"$STREAM\"", stream: Wire.good()))
        let ignorant = workshop.queue(worker, steps: Self.checking(false))
        let guarded = try await submitChecked(workshop)
        // What needs no check is done meanwhile, although it came later.
        let other = try await workshop.submit("other")
        #expect(try await ignorant.waitForEnd(of: other.id) { _ in }.state == .finished)
        let left = try await workshop.catalog.tasks(of: guarded.id)[0]
        #expect(left.state == .queued && left.attempt == 0)
        // While one waits for its end that cannot work on it, another one does.
        async let ended = ignorant.waitForEnd(of: guarded.id) { _ in }
        #expect(
            try await workshop.queue(worker, steps: Self.checking(true)).waitForEnd(of: guarded.id) { _ in }.state
                == .finished)
        #expect(try await ended.state == .finished)
        let tasks = try await workshop.catalog.tasks(of: guarded.id)
        #expect(tasks[0].result == ["scan": "passed"] && tasks[0].attempt == 1)
    }

    /// So is a package, by who does not know where it may be written.
    @Test func packagesAreLeftToWhoeverKnowsWhere() async throws {
        let workshop = try Workshop()
        let worker = workshop.worker(try workshop.encoder("cat \"$STREAM\"", stream: Wire.good()))
        let ignorant = steps { _ in TaskOutcome() }
        var knowing = ignorant
        knowing.package = { TaskOutcome(result: ["place": "\($0.task.options.package?.folder ?? "")/film"]) }
        let job = JobRecord(id: JobID(), asset: "film", input: "/in/film.mp4", preset: "adaptive", created: Date())
        var package = TaskRecord(job: job.id, name: "package", kind: .package, dependencies: ["encode"])
        package.options.package = TaskPackage(folder: "/srv/www")
        try await workshop.catalog.apply([
            .insertJob(job, tasks: [TaskRecord(job: job.id, name: "encode", kind: .encode), package])
        ])
        async let left = workshop.queue(worker, steps: ignorant).waitForEnd(of: job.id) { _ in }
        var waiting: [TaskRecord] = []
        for _ in 0..<6000 {
            waiting = try await workshop.catalog.tasks(of: job.id)
            if waiting[0].state == .finished { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        // Time to take up what it may not.
        try await Task.sleep(for: .milliseconds(300))
        waiting = try await workshop.catalog.tasks(of: job.id)
        #expect(waiting.map(\.state) == [.finished, .queued] && waiting[1].attempt == 0)
        let ended = try await workshop.queue(worker, steps: knowing).waitForEnd(of: job.id) { _ in }
        let other = try await left
        #expect(ended.state == .finished && other.state == .finished)
        #expect(try await workshop.catalog.tasks(of: job.id)[1].result == ["place": "/srv/www/film"])
    }

    /// What the checks found is held against those that are required when they end.
    @Test func aCheckThatBecomesRequiredMeanwhileIsMade() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let known = Mutex(["rules"])
        var steps = Self.checking(true)
        steps.check = { _ in
            let checks = known.withLock { $0 }
            // It comes to be required after this one looked; whoever takes the task up then knows it.
            if checks.count == 1 { try await catalog.apply([.quarantine(.requireCheck(name: "scan"))]) }
            known.withLock { $0 = ["rules", "scan"] }
            return TaskOutcome(
                result: ["checks": checks.joined(separator: " ")], changes: [.require(.requiredChecks(among: checks))])
        }
        let ended = try await run(workshop, try await submitChecked(workshop), steps)
        #expect(ended.state == .finished, "\(ended.errorMessage ?? "")")
        let task = try await catalog.tasks(of: ended.id)[0]
        #expect(task.result == ["checks": "rules scan"] && task.attempt == 2)
    }

    @Test func aVersionIsServedOncePublished() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(workshop)
        let ended = try await run(
            workshop, job,
            steps { input in
                let served = try await catalog.asset(named: "film")
                #expect(served?.currentVersion == nil)
                #expect(input.results["encode"]?["version"] == "1")
                return TaskOutcome(result: ["segments": "3"])
            })
        #expect(ended.state == .finished && ended.version == 1)
        #expect(try await catalog.asset(named: "film")?.currentVersion == 1)
        #expect(try await catalog.tasks(of: job.id)[1].result == ["segments": "3"])
    }

    /// What does not play leaves what is served as it was, and the reason with the job.
    @Test func aVersionThatDoesNotPlayIsNotServed() async throws {
        let workshop = try Workshop()
        _ = try await run(workshop, try await submit(workshop), steps { _ in TaskOutcome() })
        let job = try await submit(workshop)
        let ended = try await run(
            workshop, job, steps { _ in throw JobFailure(.verifyFailed, "track 'x', segment 1 does not play") })
        #expect(ended.state == .error && ended.errorCode == "verifyFailed" && ended.version == 2)
        #expect(ended.errorMessage == "track 'x', segment 1 does not play")
        #expect(try await workshop.catalog.asset(named: "film")?.currentVersion == 1)
        #expect(try await workshop.catalog.tasks(of: job.id).map(\.state) == [.finished, .error, .canceled])
        // Begun again, it goes on behind the encode, with the version that there is.
        try await workshop.catalog.apply([.pipeline(.retry(job.id, at: Date()))])
        let again = try await run(workshop, job, steps { _ in TaskOutcome() })
        #expect(again.state == .finished && again.version == 2)
        #expect(try await workshop.catalog.asset(named: "film")?.currentVersion == 2)
        #expect(try await workshop.catalog.tasks(of: job.id).map(\.attempt) == [1, 2, 1])
    }

    @Test func whatMayPassIsTriedAgain() async throws {
        let workshop = try Workshop()
        let tries = Mutex(0)
        let ended = try await run(
            workshop, try await submit(workshop),
            steps { _ in
                let count = tries.withLock { count in
                    count += 1
                    return count
                }
                if count < 4 { throw JobFailure(.edgeFailed, "away") }
                return TaskOutcome()
            })
        #expect(ended.state == .finished)
        #expect(tries.withLock { $0 } == 4)
    }

    @Test func aCanceledTaskEndsAtOnceAndLeavesNothing() async throws {
        let workshop = try Workshop()
        let job = try await submit(workshop)
        let queue = workshop.queue(workshop.worker(try workshop.encoder("exec sleep 60")))
        let waiting = Task { try await queue.waitForEnd(of: job.id) { _ in } }
        while try await workshop.catalog.job(job.id)?.state != .processing {
            try await Task.sleep(for: .milliseconds(20))
        }
        let start = ContinuousClock.now
        try await workshop.catalog.apply([.pipeline(.cancel(job.id, at: Date()))])
        let ended = try await waiting.value
        #expect(ended.state == .canceled)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(workshop.mediaFiles().isEmpty)
        #expect(try await workshop.catalog.tasks(of: job.id).allSatisfy { $0.state == .canceled })
    }

    /// As many encoders as there are units, and no more.
    @Test(arguments: [1, 3]) func encodersAreAsManyAsUnits(units: Int) async throws {
        let workshop = try Workshop()
        var jobs: [JobRecord] = []
        for number in 0..<4 {
            let job = JobRecord(
                id: JobID(), asset: "a\(number)", input: "/in/film.mp4", preset: "adaptive", created: Date())
            try await workshop.catalog.apply([.insertJob(job)])
            jobs.append(job)
        }
        let queue = workshop.queue(
            workshop.worker(try workshop.encoder("sleep 0.4; cat \"$STREAM\"", stream: Wire.good())),
            settings: JobQueueSettings(encoders: units))
        let running = Task { await queue.run() }
        var most = 0
        for _ in 0..<2000 {
            most = max(most, try await workshop.catalog.tasksUnderWay().count)
            if try await workshop.catalog.jobs(matching: JobQuery(states: [.finished])).count == jobs.count { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        running.cancel()
        await running.value
        #expect(most == units)
        for job in jobs { #expect(try await workshop.catalog.job(job.id)?.state == .finished) }
    }

    /// A worker that dies at any task leaves a job that goes on there.
    @Test func aJobGoesOnWhereItsWorkerDied() async throws {
        let workshop = try Workshop()
        let job = try await submit(workshop)
        let encoder = try workshop.encoder("cat \"$STREAM\"", stream: Wire.good())
        let queue = workshop.queue(
            workshop.worker(encoder),
            steps: steps { _ in
                try await Task.sleep(for: .seconds(60))
                return TaskOutcome()
            })
        let dying = Task { await queue.run() }
        while try await workshop.catalog.tasks(of: job.id)[1].state != .processing {
            try await Task.sleep(for: .milliseconds(20))
        }
        dying.cancel()
        await dying.value
        #expect(try await workshop.catalog.tasks(of: job.id).map(\.state) == [.finished, .queued, .queued])
        let ended = try await run(workshop, job, steps { _ in TaskOutcome() })
        #expect(ended.state == .finished && ended.version == 1)
        #expect(try await workshop.catalog.tasks(of: job.id).map(\.attempt) == [1, 1, 1])
        #expect(try await workshop.catalog.assetVersions(asset: "film") == [1])
    }
}

@Suite struct NotifierTests {
    /// The vector of what Azure Media Services signed: key 00…3f.
    @Test func signaturesAreTheReferences() throws {
        let key = (0..<64).map { UInt8($0) }
        let code = try key.withUnsafeBytes {
            try Notifier.signature(of: Array("{\"MessageVersion\":\"1.1\"}".utf8), key: $0)
        }
        #expect(
            Notifier.header(code)
                == "sha256=65257554B890EDFA1B801F8B166930215C03EC484CA4DF7F47ACF8C777C5A27F")
    }

    private func notifier(_ workshop: Workshop, secret: [UInt8]? = [1, 2, 3]) -> Notifier {
        Notifier(
            catalog: workshop.catalog, secret: { _, body in try secret.map { try $0.withUnsafeBytes(body) } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func told(_ workshop: Workshop, _ events: NotificationEndpoint.Events) async throws -> [DeliveryRecord] {
        try await workshop.catalog.apply([
            .pipeline(
                .putNotificationEndpoint(
                    NotificationEndpoint(name: "n", url: "http://127.0.0.1:1/", secret: "s", events: events)))
        ])
        let job = try await workshop.submit()
        let encoder = try workshop.encoder("cat \"$STREAM\"", stream: Wire.good())
        _ = try await workshop.queue(workshop.worker(encoder)).waitForEnd(of: job.id) { _ in }
        return try await workshop.catalog.deliveries(endpoint: nil, limit: 100)
    }

    @Test(arguments: [(NotificationEndpoint.Events.none, 0), (.final, 1), (.all, 5)])
    func endpointsAreToldWhatTheyWant(events: NotificationEndpoint.Events, count: Int) async throws {
        let workshop = try Workshop()
        let told = try await told(workshop, events)
        #expect(told.count == count, "\(told.map(\.body))")
        #expect(Set(told.map(\.id)).count == count)
        if events == .final {
            #expect(told.first?.body.contains(#""NewState":"Finished""#) == true)
            #expect(told.first?.body.contains(#""MessageVersion":"1.1""#) == true)
        }
    }

    @Test func whatDoesNotArriveIsSentAgainUntilItIsTooMuch() async throws {
        let workshop = try Workshop()
        let first = try #require(try await told(workshop, .final).first)
        var now = Date()
        for attempt in 1...Notifier.attempts {
            await notifier(workshop).sendDue(at: now)
            let record = try #require(try await workshop.catalog.deliveries(endpoint: "n", limit: 1).first)
            #expect(record.id == first.id && record.body == first.body)
            #expect(record.attempt == attempt)
            #expect(record.state == (attempt < Notifier.attempts ? .pending : .failed))
            #expect(record.error?.contains("could not be reached") == true)
            #expect(try await workshop.catalog.deliveriesDue(at: Date(), limit: 10).isEmpty)
            now = now.addingTimeInterval(3600)
        }
    }

    @Test func aMissingSecretAndAMissingEndpointAreSaid() async throws {
        let workshop = try Workshop()
        _ = try await told(workshop, .final)
        await notifier(workshop, secret: nil).sendDue(at: Date())
        #expect(try await workshop.catalog.deliveries(endpoint: nil, limit: 1).first?.error == "there is no secret 's'")
        try await workshop.catalog.apply([.pipeline(.deleteNotificationEndpoint(name: "n"))])
        await notifier(workshop).sendDue(at: Date().addingTimeInterval(3600))
        #expect(try await workshop.catalog.deliveries(endpoint: nil, limit: 1).first?.state == .failed)
    }
}
