import Policies

/// `kind: AuthorizationPolicy`: who may receive a content key.
extension DocumentNode {
    func authorizationPolicy(_ references: inout [DocumentReference]) -> AuthorizationPolicy? {
        let known = ["kind", "name", "options"]
        guard let fields = DocumentFields(self, of: "an AuthorizationPolicy", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        var names: Set<String> = []
        var options: [AuthorizationOption] = []
        for node in fields.required("options")?.list("options") ?? [] {
            guard let option = node.authorizationOption(&references) else { continue }
            if !names.insert(option.name).inserted { node.report("two options are named '\(option.name)'") }
            options.append(option)
        }
        return name.map { AuthorizationPolicy(name: $0, options: options) }
    }

    private func authorizationOption(_ references: inout [DocumentReference]) -> AuthorizationOption? {
        let known = ["name", "delivery", "restrictions"]
        guard let fields = DocumentFields(self, of: "an option", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let delivery = fields.required("delivery")?.choices(KeyDeliveryType.self, "delivery")
        var restrictions: [Restriction] = []
        for node in fields.required("restrictions")?.list("restrictions", limit: 32) ?? [] {
            if let restriction = node.restriction(&references) { restrictions.append(restriction) }
        }
        guard let name, let delivery else { return nil }
        return AuthorizationOption(name: name, delivery: delivery, restrictions: restrictions)
    }
}
