import Policies

/// `kind: AuthorizationPolicy`: who may receive a content key.
extension DocumentNode {
    func authorizationPolicy(_ references: inout [DocumentReference]) -> AuthorizationPolicy? {
        let known = ["kind", "name", "options"] + DocumentFields.availability
        guard let fields = DocumentFields(self, of: "an AuthorizationPolicy", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        var names: Set<String> = []
        var options: [AuthorizationOption] = []
        for node in fields.required("options")?.list("options") ?? [] {
            guard let option = node.authorizationOption(&references) else { continue }
            if !names.insert(option.name).inserted { node.report("two options are named '\(option.name)'") }
            options.append(option)
        }
        let availability = fields.availability()
        return name.map { AuthorizationPolicy(name: $0, options: options, availability: availability) }
    }

    private func authorizationOption(_ references: inout [DocumentReference]) -> AuthorizationOption? {
        let known = ["name", "delivery", "restrictions"] + DocumentFields.availability
        guard let fields = DocumentFields(self, of: "an option", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let delivery = fields.required("delivery")?.choices(KeyDeliveryType.self, "delivery")
        var restrictions: [Restriction] = []
        for node in fields.required("restrictions")?.list("restrictions", limit: 32) ?? [] {
            if let restriction = node.restriction(&references) { restrictions.append(restriction) }
        }
        let availability = fields.availability()
        guard let name, let delivery else { return nil }
        return AuthorizationOption(
            name: name, delivery: delivery, restrictions: restrictions, availability: availability)
    }
}

extension DocumentFields {
    fileprivate static let availability = ["enabled", "notBefore", "notAfter"]

    /// `enabled: false`, `notBefore: 2026-11-21T00:00:00Z`, `notAfter: …`.
    fileprivate func availability() -> Availability {
        var availability = Availability()
        availability.isEnabled = self["enabled"]?.flag("enabled") ?? true
        availability.notBefore = self["notBefore"]?.time("notBefore")
        availability.notAfter = self["notAfter"]?.time("notAfter")
        if let start = availability.notBefore, let end = availability.notAfter, start >= end {
            self["notAfter"]?.report("'notAfter' lies before 'notBefore': it would be in force for no time")
        }
        return availability
    }
}
