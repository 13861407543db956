import Policies

/// `kind: AccessPolicy`: permissions and a duration that many locators share (Azure Media Services' AccessPolicy).
extension DocumentNode {
    /// From a minute to a hundred years.
    static let accessDurations = 60...3_153_600_000

    func accessPolicy() -> AccessPolicy? {
        let known = ["kind", "name", "permissions", "duration"]
        guard let fields = DocumentFields(self, of: "an AccessPolicy", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let permissions = fields.required("permissions")?.choices(AccessPermission.self, "permissions")
        let duration = fields.required("duration")?.duration("duration", in: Self.accessDurations)
        guard let name, let permissions, let duration else { return nil }
        return AccessPolicy(name: name, permissions: permissions, duration: duration)
    }
}
