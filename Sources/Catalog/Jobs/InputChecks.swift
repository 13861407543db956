// Where the checks hold for whatever a job names, they come before everything that opens it.

extension TaskKind {
    /// Whether it opens the files that its job names.
    public var opensInputs: Bool { self == .probe || self == .encode }
}

extension JobRecord {
    /// Whether it names files that are no originals, and so have passed no quarantine.
    public var hasUncheckedInputs: Bool {
        inputs.contains { input in
            // Of an upload, behind a tab, which tracks are meant.
            OriginalReference(String(input.prefix { $0 != "\t" })) == nil
        }
    }
}

extension [TaskRecord] {
    /// These with a task of kind `checks` before every task that opens the job's files, where none that stops the job comes
    /// before it already.
    public func withInputChecks(of job: JobID) -> [TaskRecord] {
        let unchecked = filter { task in
            task.kind.opensInputs && !before(task).contains { $0.kind == .checks && $0.onError == .stop }
        }
        guard !unchecked.isEmpty else { return self }
        let names = Set(map(\.name))
        let usual = TaskKind.checks.rawValue
        let name = ([usual] + (2...(count + 2)).map { "\(usual)-\($0)" }).first { !names.contains($0) } ?? usual
        return [TaskRecord(job: job, name: name, kind: .checks)]
            + map { task in
                guard unchecked.contains(where: { $0.name == task.name }) else { return task }
                var task = task
                task.dependencies.append(name)
                return task
            }
    }

    /// Whether a task of kind `checks` that comes before this one has found nothing against the job's files.
    public func havePassedChecks(before task: TaskRecord) -> Bool {
        before(task).contains { $0.kind == .checks && $0.state == .finished }
    }

    /// All tasks that must have ended before this one.
    private func before(_ task: TaskRecord) -> [TaskRecord] {
        var names = Set(task.dependencies)
        var next = task.dependencies
        while let name = next.popLast() {
            let more = first { $0.name == name }?.dependencies ?? []
            next += more.filter { names.insert($0).inserted }
        }
        return filter { names.contains($0.name) }
    }
}
