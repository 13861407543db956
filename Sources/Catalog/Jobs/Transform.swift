/// A recipe for jobs: the tasks that each of them has.
public struct Transform: Sendable, Hashable, Codable {
    public var name: String
    /// For people.
    public var description: String?
    /// Of jobs that do not say one.
    public var priority: Int
    public var tasks: [TransformTask]

    public init(name: String, description: String? = nil, priority: Int = 0, tasks: [TransformTask]) {
        self.name = name
        self.description = description
        self.priority = priority
        self.tasks = tasks
    }

    /// Most tasks of one transform.
    public static let maximumTasks = 30

    /// The presets of encode tasks; each is a transform, too, with that one task.
    public static let presets = ["adaptive", JobRecord.uploadPreset]

    /// The transforms that there are without a document.
    public static let builtIn = presets.map { preset in
        Transform(
            name: preset,
            description: preset == JobRecord.uploadPreset
                ? "Takes MP4 files as they are" : "Encodes one file into a ladder of renditions",
            tasks: [TransformTask(name: "encode", kind: .encode, options: TaskOptions(preset: preset))])
    }

    /// What its encode task is told.
    public var encode: TaskOptions? { tasks.first { $0.kind == .encode }?.options }

    /// The tasks of a job.
    public func tasks(of job: JobID) -> [TaskRecord] {
        tasks.map { task in
            TaskRecord(
                job: job, name: task.name, kind: task.kind, dependencies: task.after, options: task.options,
                onError: task.onError)
        }
    }
}

/// One task of a transform.
public struct TransformTask: Sendable, Hashable, Codable {
    /// Unique within the transform.
    public var name: String
    public var kind: TaskKind
    /// The tasks that must have ended before.
    public var after: [String]
    public var onError: TaskFailureRule
    public var options: TaskOptions

    public init(
        name: String, kind: TaskKind, after: [String] = [], onError: TaskFailureRule = .stop,
        options: TaskOptions = TaskOptions()
    ) {
        self.name = name
        self.kind = kind
        self.after = after
        self.onError = onError
        self.options = options
    }
}

/// What is wrong with a graph of tasks.
public struct TransformProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The task's place in the list; nil for the transform.
    public var task: Int?
    public var description: String

    init(_ task: Int?, _ description: String) {
        self.task = task
        self.description = description
    }
}

extension Transform {
    /// Everything that is wrong with the graph, in the tasks' order: names twice, tasks after what there is not, circles,
    /// and an order in which something would be used before it is made.
    public func problems() -> [TransformProblem] {
        guard !tasks.isEmpty, tasks.count <= Self.maximumTasks else {
            return [TransformProblem(nil, "a transform has 1 to \(Self.maximumTasks) tasks")]
        }
        var problems: [TransformProblem] = []
        var places: [String: Int] = [:]
        for (place, task) in tasks.enumerated() where places.updateValue(place, forKey: task.name) != nil {
            problems.append(TransformProblem(place, "there are two tasks '\(task.name)'"))
        }
        for (place, task) in tasks.enumerated() {
            for name in task.after where places[name] == nil {
                problems.append(
                    TransformProblem(place, "task '\(task.name)' comes after '\(name)', which there is not"))
            }
        }
        guard problems.isEmpty else { return problems }
        let before = ancestors(places)
        for (place, task) in tasks.enumerated() where before[place].contains(place) {
            problems.append(TransformProblem(place, "task '\(task.name)' comes after itself"))
        }
        return problems.isEmpty ? orderProblems(before) : problems
    }

    /// For each task the places of all that come before it.
    private func ancestors(_ places: [String: Int]) -> [Set<Int>] {
        let parents = tasks.map { $0.after.compactMap { places[$0] } }
        return tasks.indices.map { place in
            var found: Set<Int> = []
            var next = parents[place]
            while let parent = next.popLast() {
                if found.insert(parent).inserted { next += parents[parent] }
            }
            return found
        }
    }

    private func orderProblems(_ before: [Set<Int>]) -> [TransformProblem] {
        var problems: [TransformProblem] = []
        if !tasks.contains(where: { $0.kind.needsEncoder }) {
            problems.append(
                TransformProblem(nil, "a transform has a task of kind 'encode', or one of kind 'thumbnails'"))
        }
        for kind in [TaskKind.encode, .thumbnails, .publish] {
            let places = tasks.indices.filter { tasks[$0].kind == kind }
            guard places.count > 1 else { continue }
            problems.append(
                TransformProblem(places[1], "a transform has one task of kind '\(kind.rawValue)' at most"))
        }
        for place in tasks.indices {
            let reasons = [
                lackProblem(place, before[place]), passingProblem(place), proofProblem(place, before[place]),
                placeProblem(place),
            ]
            problems += reasons.compactMap { $0 }.map { TransformProblem(place, $0) }
        }
        return problems
    }

    /// What a task works on must have been made before it.
    private func lackProblem(_ place: Int, _ before: Set<Int>) -> String? {
        let task = tasks[place]
        let needed: TaskKind? =
            switch task.kind {
            // Whatever makes the last version: what is played and published has its pictures.
            case .verify, .publish: has(.thumbnails) ? .thumbnails : .encode
            case .thumbnails: has(.encode) ? .encode : nil
            case .package, .prewarm: .publish
            case .probe, .checks, .encode, .notify: nil
            }
        if task.kind == .probe || task.kind == .checks, !has(.encode) {
            return "task '\(task.name)' is about the files of a job, and this transform takes none: it encodes nothing"
        }
        guard let needed else { return nil }
        guard let maker = before.first(where: { tasks[$0].kind == needed }) else {
            return "task '\(task.name)' needs what a task of kind '\(needed.rawValue)' makes: name one in 'after'"
        }
        guard task.kind == .package, tasks[maker].options.deliveryPolicies == nil else { return nil }
        return "task '\(task.name)' writes what a locator lets out: give task '\(tasks[maker].name)' 'deliveryPolicies'"
    }

    private func has(_ kind: TaskKind) -> Bool { tasks.contains { $0.kind == kind } }

    /// Every package of a version lies in a place of its own.
    private func placeProblem(_ place: Int) -> String? {
        guard let package = tasks[place].options.package else { return nil }
        let other = tasks[..<place].first { task in
            guard let other = task.options.package else { return false }
            return other.place == package.place
        }
        return other.map {
            "task '\(tasks[place].name)' writes where task '\($0.name)' does: name all formats in one task, or give it another place"
        }
    }

    private func passingProblem(_ place: Int) -> String? {
        let task = tasks[place]
        let isNeeded =
            task.kind == .encode || task.kind == .publish || (task.kind == .thumbnails && !has(.encode))
        guard isNeeded, task.onError == .proceed else { return nil }
        return "without task '\(task.name)' there is nothing to go on with: 'onError' is 'stop'"
    }

    /// What is published was played before, as it is published, unless the task says that it need not be.
    private func proofProblem(_ place: Int, _ before: Set<Int>) -> String? {
        let task = tasks[place]
        guard task.kind == .publish, task.options.verify != .off else { return nil }
        let proofs = before.sorted().map { tasks[$0] }.filter { $0.kind == .verify }
        let choice = "or say 'verify: off' here"
        let maker = tasks.first { $0.kind == (has(.thumbnails) ? .thumbnails : .encode) }?.name ?? ""
        guard let last = proofs.last else {
            return
                "task '\(task.name)' would publish what nobody has played: put a task of kind 'verify' between it and "
                + "'\(maker)', \(choice)"
        }
        guard proofs.contains(where: { $0.onError == .stop }) else {
            return "task '\(task.name)' would publish what did not play: 'onError' of task '\(last.name)' is 'stop', "
                + choice
        }
        let played = Set(proofs.filter { $0.onError == .stop }.flatMap { $0.options.deliveryPolicies ?? [] })
        guard let other = (task.options.deliveryPolicies ?? []).first(where: { !played.contains($0) }) else {
            return nil
        }
        return
            "task '\(task.name)' would publish under delivery policy '\(other)' what nobody has played under it: name it "
            + "in task '\(last.name)', too, \(choice)"
    }
}
