import Catalog

/// `kind: NotificationEndpoint`: who is told what happens to jobs.
extension DocumentNode {
    func notificationEndpoint(_ references: inout [DocumentReference]) -> NotificationEndpoint? {
        let known = ["kind", "name", "url", "secret", "events", "account"]
        guard let fields = DocumentFields(self, of: "a NotificationEndpoint", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let url = fields.required("url")?.serverURL("url")
        let secretNode = fields.required("secret")
        let secret = secretNode?.name("secret")
        let events = fields["events"]?.choice(NotificationEndpoint.Events.self, "events") ?? .final
        let account = fields["account"]?.name("account") ?? "keyway"
        guard let name, let url, let secret, let secretNode else { return nil }
        references.append(DocumentReference(.secret, secret, at: secretNode.position))
        return NotificationEndpoint(name: name, url: url, secret: secret, events: events, account: account)
    }
}
