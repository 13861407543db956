import Catalog
import CatalogSQLite
import Foundation
import Testing

@testable import Jobs

@Suite struct TransformGraphTests {
    private func problems(_ tasks: [TransformTask]) -> [String] {
        Transform(name: "t", tasks: tasks).problems().map(\.description)
    }

    private static let encode = TransformTask(name: "encode", kind: .encode, options: TaskOptions(preset: "adaptive"))

    @Test func whatIsBuiltInIsRight() {
        for transform in Transform.builtIn { #expect(transform.problems().isEmpty) }
    }

    @Test func aWholePipelineIsRight() {
        #expect(
            problems([
                TransformTask(name: "probe", kind: .probe),
                TransformTask(name: "encode", kind: .encode, after: ["probe"]),
                TransformTask(name: "verify", kind: .verify, after: ["encode"]),
                TransformTask(name: "publish", kind: .publish, after: ["verify"]),
                TransformTask(name: "prewarm", kind: .prewarm, after: ["publish"], onError: .proceed),
                TransformTask(name: "notify", kind: .notify, after: ["publish", "prewarm"]),
            ]).isEmpty)
    }

    /// Of an asset that is there; and what an encode made, whose version is all there is without them.
    @Test func picturesMayBeMadeByThemselves() {
        let rest = [
            TransformTask(name: "verify", kind: .verify, after: ["t"]),
            TransformTask(name: "publish", kind: .publish, after: ["verify"]),
        ]
        #expect(problems([TransformTask(name: "t", kind: .thumbnails)] + rest).isEmpty)
        let after = TransformTask(name: "t", kind: .thumbnails, after: ["encode"], onError: .proceed)
        #expect(problems([Self.encode, after] + rest).isEmpty)
    }

    @Test func circlesAreFound() {
        let circle = [
            TransformTask(name: "a", kind: .probe, after: ["c"]), TransformTask(name: "b", kind: .notify, after: ["a"]),
            TransformTask(name: "c", kind: .notify, after: ["b"]), Self.encode,
        ]
        #expect(problems(circle).count == 3)
        #expect(problems([TransformTask(name: "a", kind: .probe, after: ["a"]), Self.encode]).count == 1)
    }

    /// Two packages of one version in one place would be in each other's way, hours after the encode began.
    @Test(
        arguments: [
            ("/srv/www", "/srv/www", 1), ("/srv/www", "//srv/./www/", 1), ("/srv/www", "/srv/ww", 0),
            ("/srv/www", nil, 0),
        ] as [(String, String?, Int)])
    func packagesHavePlacesOfTheirOwn(first: String, second: String?, count: Int) {
        func package(_ name: String, _ folder: String?) -> TransformTask {
            var task = TransformTask(name: name, kind: .package, after: ["publish"])
            task.options.package = TaskPackage(folder: folder, sas: folder == nil ? "store" : nil)
            return task
        }
        let tasks =
            Self.published(policies: ["plain"], verify: .off) + [package("hls", first), package("dash", second)]
        let found = problems(tasks)
        #expect(found.count == count && found.allSatisfy { $0.contains("'dash'") && $0.contains("'hls'") }, "\(found)")
    }

    private static func published(
        _ proof: TransformTask? = nil, isAfter: Bool = true, policies: [String]? = nil, verify: VerificationRule? = nil
    ) -> [TransformTask] {
        var publish = TransformTask(name: "publish", kind: .publish, after: ["encode"])
        if let proof, isAfter { publish.after = [proof.name] }
        publish.options.deliveryPolicies = policies
        publish.options.verify = verify
        return [encode, proof, publish].compactMap { $0 }
    }

    /// What nobody has played is published where the task says so.
    @Test func verificationIsLeftOutByAWord() {
        #expect(problems(Self.published(policies: ["a"], verify: .off)).isEmpty)
        #expect(problems(Self.published(policies: ["a"], verify: .required)).count == 1)
        let two = TransformTask(
            name: "v", kind: .verify, after: ["encode"], options: TaskOptions(deliveryPolicies: ["a", "b"]))
        #expect(problems(Self.published(two, policies: ["b"])).isEmpty)
    }

    @Test(arguments: [
        ([TransformTask(name: "encode", kind: .encode, after: ["x"])], "which there is not"),
        ([Self.encode, Self.encode], "two tasks 'encode'"), ([], "1 to 30 tasks"),
        ([TransformTask(name: "n", kind: .notify)], "a task of kind 'encode', or one of kind 'thumbnails'"),
        ([TransformTask(name: "p", kind: .probe)], "this transform takes none: it encodes nothing"),
        (
            [
                TransformTask(name: "encode", kind: .encode), TransformTask(name: "again", kind: .encode),
            ], "one task of kind 'encode' at most"
        ),
        ([Self.encode, TransformTask(name: "t", kind: .thumbnails)], "needs what a task of kind 'encode' makes"),
        (
            [
                Self.encode, TransformTask(name: "t", kind: .thumbnails, after: ["encode"]),
                TransformTask(name: "v", kind: .verify, after: ["encode"]),
            ], "task 'v' needs what a task of kind 'thumbnails' makes"
        ),
        ([TransformTask(name: "t", kind: .thumbnails, onError: .proceed)], "'onError' is 'stop'"),
        ([Self.encode, TransformTask(name: "v", kind: .verify)], "needs what a task of kind 'encode' makes"),
        (
            [Self.encode, TransformTask(name: "w", kind: .prewarm, after: ["encode"])],
            "needs what a task of kind 'publish' makes"
        ),
        ([TransformTask(name: "encode", kind: .encode, onError: .proceed)], "'onError' is 'stop'"),
        (
            published(verify: .off) + [TransformTask(name: "p", kind: .package, after: ["publish"])],
            "give task 'publish' 'deliveryPolicies'"
        ),
        (published(), "put a task of kind 'verify' between it and 'encode'"),
        (
            [
                TransformTask(name: "pictures", kind: .thumbnails),
                TransformTask(name: "p", kind: .publish, after: ["pictures"]),
            ],
            "put a task of kind 'verify' between it and 'pictures'"
        ),
        // Beside it is not before it.
        (published(TransformTask(name: "v", kind: .verify, after: ["encode"]), isAfter: false), "nobody has played"),
        (
            published(TransformTask(name: "v", kind: .verify, after: ["encode"], onError: .proceed)),
            "would publish what did not play: 'onError' of task 'v' is 'stop'"
        ),
        (
            published(
                TransformTask(
                    name: "v", kind: .verify, after: ["encode"], options: TaskOptions(deliveryPolicies: ["a"])),
                policies: ["a", "b"]), "under delivery policy 'b' what nobody has played"
        ),
    ])
    func whatCannotBeIsSaid(tasks: [TransformTask], message: String) {
        #expect(problems(tasks).contains { $0.contains(message) }, "\(problems(tasks))")
    }

    /// Whatever the graph, it is judged at once.
    @Test func randomGraphsAreJudged() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let count = Int.random(in: 1...30, using: &generator)
            let tasks = (0..<count).map { place in
                TransformTask(
                    name: "t\(place)", kind: place == 0 ? .encode : .notify,
                    after: (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                        "t\(Int.random(in: 0..<count, using: &generator))"
                    })
            }
            let isRight = problems(tasks).isEmpty
            // A graph without circles can be taken apart leaf by leaf.
            var left = Set(tasks.map(\.name))
            while let leaf = tasks.first(where: { left.contains($0.name) && left.isDisjoint(with: $0.after) }) {
                left.remove(leaf.name)
            }
            #expect(isRight == left.isEmpty)
        }
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite struct TaskStoreTests {
    private let kinds = TaskKind.allCases
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func submit(
        _ catalog: SQLiteCatalog, _ asset: String = "film", priority: Int = 0, age: Double = 0,
        tasks: (JobID) -> [TaskRecord] = { _ in [] }
    ) async throws -> JobRecord {
        let job = JobRecord(
            id: JobID(), asset: asset, input: "/x", preset: "adaptive", priority: priority,
            created: now.addingTimeInterval(-age))
        try await catalog.apply([.insertJob(job, tasks: tasks(job.id))])
        return job
    }

    private func end(_ taken: TakenTask?, _ state: TaskState, in catalog: SQLiteCatalog) async throws {
        var task = try #require(taken).task
        task.state = state
        task.ended = now
        if state == .error { (task.errorCode, task.errorMessage) = ("code", "reason") }
        try await catalog.apply([.pipeline(.updateTask(task))])
    }

    private static func diamond(_ job: JobID) -> [TaskRecord] {
        [
            TaskRecord(job: job, name: "a", kind: .probe),
            TaskRecord(job: job, name: "b", kind: .encode, dependencies: ["a"]),
            TaskRecord(job: job, name: "c", kind: .notify, dependencies: ["a"], onError: .proceed),
            TaskRecord(job: job, name: "d", kind: .verify, dependencies: ["b", "c"]),
        ]
    }

    @Test func tasksAreTakenOnceAndEndOnce() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog)
        async let one = catalog.takeNextTask(of: kinds, at: now)
        async let two = catalog.takeNextTask(of: kinds, at: now)
        let taken = try await [one, two].compactMap { $0 }
        #expect(taken.count == 1 && taken.first?.task.attempt == 1)
        #expect(try await catalog.job(job.id)?.state == .processing)
        try await catalog.apply([.pipeline(.setOutput(job.id, version: 3, warnings: ["one", "two"]))])
        try await end(taken.first, .finished, in: catalog)
        let ended = try #require(try await catalog.job(job.id))
        #expect(ended.state == .finished && ended.warnings == ["one", "two"] && ended.version == 3)
        #expect(ended.progress == 1 && ended.ended == now)
        await #expect(throws: CatalogError.self) { try await end(taken.first, .error, in: catalog) }
    }

    @Test func tasksWaitForThoseBeforeThem() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog, tasks: Self.diamond)
        let first = try await catalog.takeNextTask(of: kinds, at: now)
        #expect(first?.task.name == "a")
        #expect(try await catalog.takeNextTask(of: kinds, at: now) == nil)
        try await end(first, .finished, in: catalog)
        let second = try await catalog.takeNextTask(of: kinds, at: now)
        let third = try await catalog.takeNextTask(of: kinds, at: now)
        #expect([second?.task.name, third?.task.name] == ["b", "c"])
        // A failure that the job goes on after counts as an end.
        try await end(third, .error, in: catalog)
        #expect(try await catalog.takeNextTask(of: kinds, at: now) == nil)
        try await end(second, .finished, in: catalog)
        let last = try await catalog.takeNextTask(of: kinds, at: now)
        #expect(last?.task.name == "d")
        try await end(last, .finished, in: catalog)
        #expect(try await catalog.job(job.id)?.state == .finished)
        let events = try await catalog.jobEvents(after: 0, job: job.id, limit: 100)
        #expect(events.map(\.sequence) == events.map(\.sequence).sorted())
        #expect(
            events.filter { $0.kind == .jobStateChange }.map(\.newState) == ["queued", "processing", "finished"])
    }

    /// Whoever canceled was told so: what a task came to in the last moment is not taken, with nothing that it would have changed.
    @Test func aCanceledJobFinishesNothing() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog)
        var task = try #require(try await catalog.takeNextTask(of: kinds, at: now)).task
        try await catalog.apply([.pipeline(.cancel(job.id, at: now))])
        task.state = .finished
        task.ended = now
        let changes: [CatalogChange] = [
            .pipeline(.setOutput(job.id, version: 7, warnings: [])), .pipeline(.updateTask(task)),
        ]
        do {
            try await catalog.apply(changes)
            Issue.record("it was taken")
        } catch let error as CatalogError {
            #expect(error.code == .canceled)
        }
        #expect(try await catalog.job(job.id)?.version == nil)
        task.state = .canceled
        try await catalog.apply([.pipeline(.updateTask(task))])
        #expect(try await catalog.job(job.id)?.state == .canceled)
    }

    @Test func aFailureEndsTheJobAndRetryGoesOnThere() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog, tasks: Self.diamond)
        try await end(try await catalog.takeNextTask(of: kinds, at: now), .finished, in: catalog)
        try await end(try await catalog.takeNextTask(of: [.encode], at: now), .error, in: catalog)
        #expect(try await catalog.job(job.id)?.state == .error)
        #expect(try await catalog.tasks(of: job.id).map(\.state) == [.finished, .error, .canceled, .canceled])
        // What failed and what was never begun is not done.
        let reached = try #require(try await catalog.job(job.id)).progress
        #expect(reached > 0 && reached < 0.5)
        #expect(try await catalog.takeNextTask(of: kinds, at: now) == nil)
        try await catalog.apply([.pipeline(.retry(job.id, at: now))])
        #expect(try await catalog.tasks(of: job.id).map(\.state) == [.finished, .queued, .queued, .queued])
        #expect(try await catalog.job(job.id)?.errorCode == nil)
        let again = try await catalog.takeNextTask(of: kinds, at: now)
        #expect(again?.task.name == "b" && again?.task.attempt == 2 && again?.task.formerAttempts == 1)
        await #expect(throws: CatalogError.self) { try await catalog.apply([.pipeline(.retry(job.id, at: now))]) }
    }

    /// Who lost a task and does not know yet writes nothing.
    @Test func onlyTheAttemptThatHasATaskWrites() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        _ = try await submit(catalog)
        let lost = try #require(try await catalog.takeNextTask(of: kinds, at: now))
        try await workshop.queue(workshop.worker("/nowhere")).recover()
        let held = try #require(try await catalog.takeNextTask(of: kinds, at: now))
        await #expect(throws: CatalogError.self) { try await end(lost, .finished, in: catalog) }
        try await end(held, .finished, in: catalog)
    }

    @Test func prioritiesComeFirstAndAssetsOneAfterTheOther() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let old = try await submit(catalog, "a", age: 30)
        let sameAsset = try await submit(catalog, "a", age: 20)
        let urgent = try await submit(catalog, "b", priority: 5, age: 10)
        let first = try await catalog.takeNextTask(of: kinds, at: now)
        let second = try await catalog.takeNextTask(of: kinds, at: now)
        #expect([first?.job.id, second?.job.id] == [urgent.id, old.id])
        #expect(try await catalog.takeNextTask(of: kinds, at: now) == nil)
        try await end(second, .finished, in: catalog)
        #expect(try await catalog.takeNextTask(of: kinds, at: now)?.job.id == sameAsset.id)
    }

    @Test func pausedAndCanceledJobsBeginNothing() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog, tasks: Self.diamond)
        try await catalog.apply([.pipeline(.pause(job.id, at: now))])
        #expect(try await catalog.job(job.id)?.state == .paused)
        #expect(try await catalog.takeNextTask(of: kinds, at: now) == nil)
        try await catalog.apply([.pipeline(.resume(job.id, at: now))])
        let taken = try await catalog.takeNextTask(of: kinds, at: now)
        try await catalog.apply([.pipeline(.cancel(job.id, at: now))])
        #expect(try await catalog.job(job.id)?.state == .canceling)
        try await end(taken, .canceled, in: catalog)
        #expect(try await catalog.job(job.id)?.state == .canceled)
        #expect(try await catalog.tasks(of: job.id).allSatisfy { $0.state == .canceled })
        #expect(try await catalog.job(job.id)?.progress == 0)
        await #expect(throws: CatalogError.self) { try await catalog.apply([.pipeline(.cancel(job.id, at: now))]) }
    }

    @Test func whatIsScheduledWaitsForItsTime() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog)
        let taken = try #require(try await catalog.takeNextTask(of: kinds, at: now))
        let failed = taken.task.failed(JobFailure(.edgeFailed, "away"), at: now, RetryRule())
        #expect(failed.state == .scheduled && failed.notBefore == now.addingTimeInterval(2))
        try await catalog.apply([.pipeline(.updateTask(failed))])
        #expect(try await catalog.job(job.id)?.state == .scheduled)
        #expect(try await catalog.takeNextTask(of: kinds, at: now.addingTimeInterval(1)) == nil)
        #expect(try await catalog.takeNextTask(of: kinds, at: now.addingTimeInterval(3))?.task.attempt == 2)
    }

    @Test func jobsThatEndedLongAgoGo() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        let job = try await submit(catalog, age: 10)
        let running = try await submit(catalog, "other")
        try await end(try await catalog.takeNextTask(of: kinds, at: now), .finished, in: catalog)
        try await catalog.apply([.pipeline(.removeJobs(endedBefore: now))])
        #expect(try await catalog.job(job.id) != nil)
        try await catalog.apply([.pipeline(.removeJobs(endedBefore: now.addingTimeInterval(1)))])
        #expect(try await catalog.job(job.id) == nil)
        #expect(try await catalog.tasks(of: job.id).isEmpty)
        #expect(try await catalog.jobEvents(after: 0, job: job.id, limit: 10).isEmpty)
        #expect(try await catalog.job(running.id) != nil)
    }

    @Test func listsArePaged() async throws {
        let workshop = try Workshop()
        let catalog = workshop.catalog
        var ids: [JobID] = []
        for age in 0..<5 { ids.append(try await submit(catalog, "a\(age)", age: Double(age)).id) }
        let first = try await catalog.jobs(matching: JobQuery(limit: 2))
        #expect(first.map(\.id) == Array(ids[..<2]))
        let rest = try await catalog.jobs(matching: JobQuery(after: first.last?.id, limit: 10))
        #expect(rest.map(\.id) == Array(ids[2...]))
        #expect(try await catalog.jobs(matching: JobQuery(asset: "a3")).map(\.id) == [ids[3]])
        #expect(try await catalog.jobs(matching: JobQuery(states: [.finished, .error])).isEmpty)
    }
}

@Suite struct RetryRuleTests {
    private static func waited() -> TaskRecord {
        var task = TaskRecord(job: JobID(), name: "encode", kind: .encode, options: TaskOptions())
        task.attempt = 41
        task.errorClass = .keys
        return task
    }

    /// Hours of waiting for a key leave what fails afterwards as many attempts as it has else.
    @Test func waitingForKeysTakesNothingFromOthers() {
        let rule = RetryRule()
        var task = Self.waited().failed(JobFailure(.edgeFailed, "away"), at: Date(), rule)
        #expect(task.state == .scheduled && task.formerAttempts == 40)
        task.attempt += rule.network - 1
        task = task.failed(JobFailure(.edgeFailed, "away"), at: Date(), rule)
        #expect(task.state == .error && task.formerAttempts == 40)
    }

    @Test func waitingForKeysTakesNothingFromALostWorker() {
        let rule = RetryRule()
        var task = Self.waited().abandoned(at: Date(), isCanceling: false, input: "film.mp4", rule)
        #expect(task.state == .queued && task.formerAttempts == 40 && task.errorClass == .lost)
        task.attempt += rule.lost - 1
        task = task.abandoned(at: Date(), isCanceling: false, input: "film.mp4", rule)
        #expect(task.state == .error && task.errorMessage == "film.mp4: the worker died with it 3 times")
    }

    @Test func delaysDoubleAndEnd() {
        let rule = RetryRule()
        #expect((1...6).map { rule.wait(after: $0, .network) } == [2, 4, 8, 16, 32, nil])
        #expect((1...3).map { rule.wait(after: $0, .storage) } == [2, 4, nil])
        #expect(RetryRule(lost: 100).wait(after: 50, .lost) == 10)
        #expect(RetryRule(network: 100).wait(after: 50, .network) == 600)
        for errorClass in TaskErrorClass.allCases where !errorClass.mayPass {
            #expect(rule.wait(after: 1, errorClass) == nil)
        }
    }
}
