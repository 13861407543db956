import Catalog
import Foundation
import Policies

/// `kind: Transform`: the tasks that each of its jobs has.
extension DocumentNode {
    private static let taskFields = ["name", "kind", "after", "onError"]

    func transform(_ references: inout [DocumentReference]) -> Transform? {
        let known = ["kind", "name", "description", "priority", "tasks"]
        guard let fields = DocumentFields(self, of: "a Transform", known: known) else { return nil }
        let nameNode = fields.required("name")
        let items = fields.required("tasks")?.list("tasks", limit: Transform.maximumTasks)
        guard let name = nameNode?.name("name"), let items else { return nil }
        if Transform.builtIn.contains(where: { $0.name == name }) {
            nameNode?.report("the transform '\(name)' is built in: give yours another name")
        }
        let tasks = items.compactMap { $0.transformTask(&references) }
        let transform = Transform(
            name: name, description: fields["description"]?.text("description"),
            priority: fields["priority"]?.priority() ?? 0, tasks: tasks)
        guard tasks.count == items.count else { return transform }
        for problem in transform.problems() {
            (problem.task.flatMap { items.indices.contains($0) ? items[$0] : nil } ?? self).report(problem.description)
        }
        return transform
    }

    private func priority() -> Int? {
        guard let text = scalarText, text.utf8.count <= 6, let value = Int(text), JobRecord.priorities.contains(value)
        else {
            report(
                "'priority' is a number from \(JobRecord.priorities.lowerBound) to \(JobRecord.priorities.upperBound)")
            return nil
        }
        return value
    }

    private func transformTask(_ references: inout [DocumentReference]) -> TransformTask? {
        guard let kind = self["kind"]?.choice(TaskKind.self, "kind") else {
            if self["kind"] == nil { report("a task needs the field 'kind'") }
            return nil
        }
        guard
            let fields = DocumentFields(
                self, of: "a task of kind '\(kind.rawValue)'", known: Self.taskFields + kind.optionFields)
        else { return nil }
        // A task alone of its kind needs no name of its own.
        let name = fields["name"].map { $0.name("name") ?? "" } ?? kind.rawValue
        var task = TransformTask(name: name, kind: kind)
        task.after = fields["after"]?.names("after") ?? []
        task.onError = fields["onError"]?.choice(TaskFailureRule.self, "onError") ?? .stop
        task.options = taskOptions(kind, fields, &references)
        return name.isEmpty ? nil : task
    }

    private func taskOptions(
        _ kind: TaskKind, _ fields: DocumentFields, _ references: inout [DocumentReference]
    ) -> TaskOptions {
        var options = TaskOptions()
        switch kind {
        case .probe, .checks: break
        case .encode: options = encodeOptions(fields)
        case .thumbnails:
            options.thumbnails = fields["thumbnails"]?.thumbnailRecipe().map(TaskThumbnails.init)
            options.poster = fields["poster"]?.posterRecipe().map(TaskPoster.init)
        case .verify:
            options.deliveryPolicies = fields.required("deliveryPolicies")?
                .references("deliveryPolicies", .deliveryPolicy, &references)
        case .publish:
            options.deliveryPolicies = fields["deliveryPolicies"]?
                .references("deliveryPolicies", .deliveryPolicy, &references)
            options.verify = fields["verify"]?.choice(VerificationRule.self, "verify")
            options.authorizationPolicy = fields["authorizationPolicy"]?
                .reference("authorizationPolicy", .authorizationPolicy, &references)
            options.accessPolicy = fields["accessPolicy"]?.reference("accessPolicy", .accessPolicy, &references)
            if options.deliveryPolicies == nil, options.authorizationPolicy != nil || options.accessPolicy != nil {
                report("a publish task without 'deliveryPolicies' makes no locator: it has no other policies either")
            }
        case .package: options.package = packageOptions(fields, &references)
        case .prewarm: options.urls = fields.required("urls")?.list("urls")?.compactMap { $0.serverURL("urls") }
        case .notify:
            options.endpoint = fields.required("endpoint")?.reference("endpoint", .notificationEndpoint, &references)
        }
        return options
    }

    /// Names without repetition.
    private func names(_ field: String) -> [String]? {
        var seen: Set<String> = []
        return list(field)?.compactMap { item in
            guard let name = item.name(field) else { return nil }
            guard seen.insert(name).inserted else {
                item.report("'\(field)' names \(name.quoted) twice")
                return nil
            }
            return name
        }
    }

    private func reference(
        _ field: String, _ target: DocumentReference.Target, _ references: inout [DocumentReference]
    ) -> String? {
        guard let name = name(field) else { return nil }
        references.append(DocumentReference(target, name, at: position))
        return name
    }

    private func references(
        _ field: String, _ target: DocumentReference.Target, _ references: inout [DocumentReference]
    ) -> [String]? {
        guard let items = list(field) else { return nil }
        var names: [String] = []
        for item in items {
            guard let name = item.reference(field, target, &references) else { continue }
            if names.contains(name) { item.report("'\(field)' names \(name.quoted) twice") }
            names.append(name)
        }
        return names
    }
}

extension DocumentNode {
    /// `https://…`, or `http://` on this machine; without user, query and fragment.
    func serverURL(_ field: String) -> String? {
        guard let text = text(field) else { return nil }
        guard let url = URL(string: text), let scheme = url.scheme, let host = url.host(), !host.isEmpty,
            url.user == nil, url.password == nil, url.query == nil, url.fragment == nil,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            report("'\(field)' has URLs without user, query and fragment: https://hooks.example.com/keyway")
            return nil
        }
        guard scheme == "https" || (scheme == "http" && LoopbackHost.contains(host)) else {
            report("'\(field)' has URLs of https, or of http on this machine: \(text.quoted) could be read on its way")
            return nil
        }
        return text
    }
}

extension TaskKind {
    /// The fields of a task in a document, besides those that all have.
    fileprivate var optionFields: [String] {
        switch self {
        case .probe, .checks: []
        case .encode: DocumentNode.encodeFields
        case .thumbnails: ["thumbnails", "poster"]
        case .verify: ["deliveryPolicies"]
        case .publish: ["deliveryPolicies", "verify", "authorizationPolicy", "accessPolicy"]
        case .package: DocumentNode.packageFields
        case .prewarm: ["urls"]
        case .notify: ["endpoint"]
        }
    }
}
