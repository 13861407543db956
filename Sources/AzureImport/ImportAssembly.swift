import ContentKeys
import Policies

/// Makes one thing of everything that exports say about it, and gives it its name here.
struct ImportAssembly {
    private let reading: ExportReading
    private let findings: FindingList
    private let prefix: String
    private var items = ImportedItems()
    /// By name there: the names here of its policies, for keys of envelope encryption and for others.
    private var byName: [String: [PolicyNames]] = [:]
    private var byID: [String: PolicyNames] = [:]

    private struct PolicyNames: Equatable {
        /// Of the policy that has no ClearKey options, or of the only one.
        var licences: String?
        var clear: String?
    }

    private static let mostOptions = 64

    init(_ reading: ExportReading, prefix: String) {
        self.reading = reading
        self.prefix = prefix
        findings = reading.findings
    }

    mutating func assemble() -> ImportedItems {
        let chosen = chosenPolicies()
        let shared = Dictionary(grouping: chosen) { $0.name ?? "" }
        for draft in chosen {
            let title = draft.name ?? ""
            var name = ImportNames.fit(prefix + title)
            if shared[title]?.count ?? 0 > 1 {
                guard let id = draft.id else {
                    findings.add(.error, "two policies have the name '\(title.shown)'", at: draft.place)
                    continue
                }
                name = ImportNames.fit("\(prefix)\(title)-\(id.prefix(8))")
            }
            add(draft, named: name)
        }
        addDeliveries()
        addKeys()
        checkNames()
        items.findings = findings.findings
        return items
    }

    // MARK: Policies

    /// One draft of each policy: the one with secrets, of several that say the same.
    private func chosenPolicies() -> [PolicyDraft] {
        var order: [String] = []
        var groups: [String: [PolicyDraft]] = [:]
        for (index, draft) in reading.policies.enumerated() {
            let key = draft.id ?? "draft \(index)"
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(draft)
        }
        return order.compactMap { groups[$0].flatMap(choose) }
    }

    private func choose(_ group: [PolicyDraft]) -> PolicyDraft? {
        guard var draft = group.first(where: { !$0.lacksSecrets && !$0.options.isEmpty }) ?? group.first else {
            return nil
        }
        let states = Set(group.compactMap(\.lastModified))
        if states.count > 1 {
            findings.add(.error, "the policy was exported twice, in different states", at: draft.place)
        }
        for other in group where other.lacksSecrets == draft.lacksSecrets && !other.isSame(as: draft) {
            findings.add(.error, "the policy is there twice, and says different things", at: other.place)
        }
        draft.name = draft.name ?? group.compactMap(\.name).first
        if draft.name == nil {
            draft.name = draft.fileName
            findings.add(.note, "no export tells the policy's name: the file's is taken", at: draft.place)
        }
        findings.add(draft.findings.findings)
        return draft
    }

    private mutating func add(_ draft: PolicyDraft, named name: String) {
        guard !draft.options.isEmpty else {
            return findings.add(.refused, "no option of the policy '\(name)' is left: it is not made", at: draft.place)
        }
        guard draft.options.count <= Self.mostOptions else {
            return findings.add(.refused, "the policy has more than \(Self.mostOptions) options", at: draft.place)
        }
        var options: [AuthorizationOption] = []
        for (index, option) in draft.options.enumerated() {
            options.append(self.option(option, index, of: name, taken: Set(options.map(\.name))))
        }
        let clear = options.filter { $0.delivery.contains(.aes) }
        let licences = options.filter { !$0.delivery.contains(.aes) }
        var names = PolicyNames()
        if !clear.isEmpty {
            names.clear = name
            items.authorizationPolicies.append(AuthorizationPolicy(name: name, options: clear))
        }
        if !licences.isEmpty {
            let own = clear.isEmpty ? name : ImportNames.fit(name + "-licences")
            names.licences = own
            items.authorizationPolicies.append(AuthorizationPolicy(name: own, options: licences))
            if !clear.isEmpty {
                findings.add(
                    .note, "its licences are '\(own)': ClearKey options gave no keys of cenc and cbcs, and 'aes' does",
                    at: draft.place)
            }
        }
        if let there = draft.name { byName[there, default: []].append(names) }
        if let id = draft.id { byID[id] = names }
    }

    private mutating func option(
        _ draft: OptionDraft, _ index: Int, of policy: String, taken: Set<String>
    ) -> AuthorizationOption {
        var name = ImportNames.fit(draft.name ?? "option-\(index + 1)")
        if taken.contains(name) { name = ImportNames.fit("\(name)-\(index + 1)") }
        func secretName(_ role: String) -> String { ImportNames.fit("\(policy).\(name).\(role)") }
        items.secrets += draft.secrets.map { ImportedSecret(name: secretName($0.name), value: $0.value) }
        var restrictions = draft.restrictions.map { restriction -> Restriction in
            guard case .token(let token) = restriction else { return restriction }
            return .token(token.renamingSecrets(secretName))
        }
        if let addresses = reading.addresses { restrictions.append(.ip(addresses)) }
        return AuthorizationOption(name: name, delivery: [draft.delivery], restrictions: restrictions)
    }

    // MARK: Delivery policies

    private struct DeliveryContent: Hashable {
        var name: String
        var policy: DeliveryPolicy
    }

    private mutating func addDeliveries() {
        var kept: [String: [DeliveryDraft]] = [:]
        var order: [String] = []
        var seen: Set<DeliveryContent> = []
        for draft in reading.deliveries {
            let name = draft.name + draft.suffix
            guard seen.insert(DeliveryContent(name: name, policy: draft.policy)).inserted else { continue }
            if kept[name] == nil { order.append(name) }
            kept[name, default: []].append(draft)
        }
        for there in order {
            let drafts = kept[there] ?? []
            for draft in drafts {
                var name = ImportNames.fit(prefix + there)
                if drafts.count > 1 {
                    guard let id = draft.id else {
                        findings.add(.error, "two delivery policies have the name '\(there.shown)'", at: draft.place)
                        continue
                    }
                    name = ImportNames.fit("\(prefix)\(there)-\(id.prefix(8))")
                }
                var policy = draft.policy
                policy.name = name
                items.deliveryPolicies.append(policy)
            }
        }
    }

    // MARK: Keys

    private mutating func addKeys() {
        var order: [KeyID] = []
        var groups: [KeyID: [KeyDraft]] = [:]
        for draft in reading.keys {
            if groups[draft.keyID] == nil { order.append(draft.keyID) }
            groups[draft.keyID, default: []].append(draft)
        }
        var names: Set<String> = []
        for keyID in order {
            do throws(Refusal) {
                guard var key = try key(keyID, groups[keyID] ?? []) else { continue }
                // Names of keys were no names there: several keys could have one.
                if let name = key.name, !names.insert(name).inserted {
                    key.name = ImportNames.fit("\(name)-\(keyID.hexadecimal.prefix(8))")
                }
                items.keys.append(key)
            } catch {
                findings.add(.refused, "key \(keyID): \(error.reason)", at: error.place)
            }
        }
    }

    private func key(_ keyID: KeyID, _ drafts: [KeyDraft]) throws(Refusal) -> ImportedKey? {
        guard let first = drafts.first else { return nil }
        guard keyID.bytes.contains(where: { $0 != 0 }) else { throw Refusal("its id is all zero", at: first.place) }
        let types = Set(drafts.compactMap(\.type))
        guard let type = types.first else { throw Refusal("no export says its type", at: first.place) }
        guard types.count == 1 else { throw Refusal("it has two types", at: first.place) }
        let values = drafts.compactMap(\.value)
        guard let value = values.first else { throw Refusal(first.whyNoValue, at: first.place) }
        guard values.allSatisfy(value.equals) else { throw Refusal("it has two values", at: first.place) }
        let references = Set(drafts.compactMap(\.policy))
        guard references.count <= 1 else { throw Refusal("it has two policies", at: first.place) }
        let checksums = Set(drafts.compactMap(\.checksum))
        guard checksums.count <= 1 else { throw Refusal("it has two checksums", at: first.place) }
        guard let key = value.key(type) else { throw Refusal("there is no memory for it", at: first.place) }
        let name = drafts.compactMap(\.name).first.map { ImportNames.fit(prefix + $0) }
        return ImportedKey(
            keyID: keyID, key: key, name: name.flatMap { KeyID($0) == nil ? $0 : nil },
            policies: references.first.map { candidates($0, type, first.place) } ?? [], checksum: checksums.first,
            place: first.place)
    }

    /// The names that a key's policy may have here.
    private func candidates(
        _ reference: KeyDraft.PolicyReference, _ type: ContentKeyType, _ place: ExportPlace
    ) -> [String] {
        let known: [PolicyNames]
        var guess: [String] = []
        switch reference {
        case .id(let id): known = byID[id].map { [$0] } ?? []
        case .name(let name):
            known = byName[name] ?? []
            let here = ImportNames.fit(prefix + name)
            // A policy that was imported before has this name.
            if known.isEmpty { guess = type == .envelope ? [here] : [ImportNames.fit(here + "-licences"), here] }
        }
        guard known.count <= 1 else {
            findings.add(.notTakenOver, "two policies have the name that the key names: it gets none", at: place)
            return []
        }
        guard let names = known.first else {
            if guess.isEmpty { findings.add(.notTakenOver, "the key's policy is not among the exports", at: place) }
            return guess
        }
        let name = type == .envelope ? names.clear ?? names.licences : names.licences
        if name == nil {
            findings.add(
                .notTakenOver,
                "the key's policy has ClearKey options only, which gave no keys of cenc and cbcs: it gets none",
                at: place)
        }
        return name.map { [$0] } ?? []
    }

    /// Names that became one by the prefix or by being shortened stand for two things.
    private func checkNames() {
        let place = ExportPlace(file: "the names here")
        for names in [
            items.secrets.map(\.name), items.authorizationPolicies.map(\.name), items.deliveryPolicies.map(\.name),
            items.keys.compactMap(\.name),
        ] {
            for (name, same) in Dictionary(grouping: names, by: { $0 }) where same.count > 1 {
                findings.add(.error, "two things would have the name '\(name)'", at: place)
            }
        }
    }
}

extension PolicyDraft {
    /// Whether two drafts say the same, secrets and all.
    fileprivate func isSame(as other: PolicyDraft) -> Bool {
        guard options.count == other.options.count else { return false }
        return zip(options, other.options).allSatisfy { left, right in
            left.name == right.name && left.delivery == right.delivery && left.restrictions == right.restrictions
                && left.secrets.count == right.secrets.count
                && zip(left.secrets, right.secrets).allSatisfy { $0.hasSame(as: $1) }
        }
    }
}

extension ImportedSecret {
    /// Constant time in the value.
    fileprivate func hasSame(as other: ImportedSecret) -> Bool {
        name == other.name
            && value.withUnsafeBytes { left in
                other.value.withUnsafeBytes { right in
                    left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
                }
            }
    }
}
