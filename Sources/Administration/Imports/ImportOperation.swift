public import AzureImport
public import Catalog
public import ContentKeys
public import Foundation
import Policies

/// Whether a stored secret has a value; nil when there is no secret of that name. Compares in constant time.
public typealias SecretComparison = @Sendable (_ name: String, _ value: ZeroedBytes) async throws -> Bool?

/// Brings items from elsewhere into the catalog: all of them in one transaction, or nothing. It makes things and never
/// changes one that is there: what an operator has tightened since stays so.
public struct ImportOperation: Sendable {
    let catalog: any CatalogEngine
    let material: any KeyMaterial
    let makeSecret: SecretMaker
    let compareSecret: SecretComparison
    let actor: String?

    public init(
        catalog: any CatalogEngine, material: any KeyMaterial, makeSecret: @escaping SecretMaker,
        compareSecret: @escaping SecretComparison, actor: String? = nil
    ) {
        self.catalog = catalog
        self.material = material
        self.makeSecret = makeSecret
        self.compareSecret = compareSecret
        self.actor = actor
    }

    /// Compares items with the catalog.
    ///
    /// - Parameter keySetHosts: the hosts that published keys may be read from; others are noted.
    /// - Throws: `ImportRejected` for exports with errors, `CatalogError` when the catalog cannot be read.
    public func plan(_ items: ImportedItems, keySetHosts: [String], at now: Date) async throws -> ImportPlan {
        guard items.errors.isEmpty else { throw ImportRejected(reasons: items.errors.map(\.description)) }
        var plan = ImportPlan()
        plan.findings = items.findings
        for secret in items.secrets { try await planSecret(secret, at: now, &plan) }
        for policy in items.authorizationPolicies {
            try await planAuthorization(policy, at: now, &plan)
            plan.noteHosts(of: policy, allowed: keySetHosts)
        }
        for policy in items.deliveryPolicies { try await planDelivery(policy, at: now, &plan) }
        let policies = Dictionary(items.authorizationPolicies.map { ($0.name, $0) }) { first, _ in first }
        for key in items.keys { try await planKey(key, among: policies, at: now, &plan) }
        plan.groupFindings()
        return plan
    }

    /// Applies a plan in one transaction, with an audit record of each thing.
    ///
    /// - Throws: `ImportRejected` when the plan has contradictions, `CatalogError` when the catalog refuses.
    public func apply(_ plan: ImportPlan) async throws {
        guard plan.contradictions.isEmpty else { throw ImportRejected(reasons: plan.contradictions) }
        guard !plan.steps.isEmpty else { return }
        try await catalog.apply(plan.steps.map { $0.by(actor) })
    }

    private static func event(_ action: AuditAction, detail: String, at now: Date) -> CatalogChange {
        var event = AuditEvent(time: now, action: action)
        event.detail = detail
        return .audit(event)
    }

    private func planSecret(_ secret: ImportedSecret, at now: Date, _ plan: inout ImportPlan) async throws {
        switch try await compareSecret(secret.name, secret.value) {
        case nil:
            var value = secret.value.withUnsafeBytes { Array($0) }
            defer { value.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
            plan.steps += [
                .require(.secret(name: secret.name, nil)), .putSecret(try await makeSecret(secret.name, value)),
                Self.event(.secretSet, detail: secret.name, at: now),
            ]
            plan.changes.append(ImportedChange(.create, .secret, secret.name))
        case true?: plan.changes.append(ImportedChange(.unchanged, .secret, secret.name))
        case false?: plan.contradict(.secret, secret.name, "with another value")
        }
    }

    private func planAuthorization(
        _ policy: AuthorizationPolicy, at now: Date, _ plan: inout ImportPlan
    ) async throws {
        let stored = try await catalog.authorizationPolicy(named: policy.name)
        guard stored != policy else {
            return plan.changes.append(ImportedChange(.unchanged, .authorizationPolicy, policy.name))
        }
        if let stored {
            let differences = try ValueDifference.lines(from: stored, to: policy).joined(separator: "; ")
            return plan.contradict(.authorizationPolicy, policy.name, "and says otherwise (\(differences))")
        }
        plan.changes.append(ImportedChange(.create, .authorizationPolicy, policy.name, detail: policy.outline))
        plan.steps += [
            .require(.authorizationPolicy(name: policy.name, nil)), .putAuthorizationPolicy(policy),
            Self.event(.policySet, detail: policy.name, at: now),
        ]
    }

    private func planDelivery(_ policy: DeliveryPolicy, at now: Date, _ plan: inout ImportPlan) async throws {
        let stored = try await catalog.deliveryPolicy(named: policy.name)
        guard stored != policy else {
            return plan.changes.append(ImportedChange(.unchanged, .deliveryPolicy, policy.name))
        }
        if let stored {
            let differences = try ValueDifference.lines(from: stored, to: policy).joined(separator: "; ")
            return plan.contradict(.deliveryPolicy, policy.name, "and says otherwise (\(differences))")
        }
        let protocols = policy.protocols.map(\.rawValue).sorted().joined(separator: ", ")
        plan.changes.append(
            ImportedChange(
                .create, .deliveryPolicy, policy.name, detail: "\(policy.encryption.rawValue) over \(protocols)"))
        plan.steps += [
            .require(.deliveryPolicy(name: policy.name, nil)), .putDeliveryPolicy(policy),
            Self.event(.policySet, detail: policy.name, at: now),
        ]
    }
}

// MARK: - Keys

extension ImportOperation {
    private func planKey(
        _ item: ImportedKey, among policies: [String: AuthorizationPolicy], at now: Date, _ plan: inout ImportPlan
    ) async throws {
        let keyID = item.keyID
        var record = try await material.wrap(item.key, keyID: keyID, at: now)
        if let checksum = item.checksum, record.checksum != checksum {
            return plan.findings.append(
                ImportFinding(
                    .refused,
                    "key \(keyID): its checksum is not \(checksum): the key, its id or the id's byte order is wrong",
                    at: item.place))
        }
        record.name = item.name
        record.authorizationPolicy = policy(of: item, among: policies, &plan)
        guard let stored = try await catalog.contentKey(keyID) else {
            if let name = item.name, try await catalog.contentKey(named: name) != nil {
                return plan.contradict(.contentKey, name, "under another id")
            }
            let detail = [record.type.rawValue, record.authorizationPolicy.map { "policy \($0)" } ?? "no policy"]
            plan.changes.append(
                ImportedChange(.create, .contentKey, keyID.description, detail: detail.joined(separator: ", ")))
            var event = AuditEvent(time: now, action: .keyImported)
            event.keyID = keyID
            event.policy = record.authorizationPolicy
            event.detail = item.name
            plan.steps += [.insertContentKey(record), .audit(event)]
            return
        }
        if let difference = try await difference(of: stored, from: record, item) {
            return plan.contradict(.contentKey, keyID.description, difference)
        }
        plan.changes.append(ImportedChange(.unchanged, .contentKey, keyID.description))
    }

    /// The key's policy here; nil, which denies every disclosure, for none that came with it. A policy that was here
    /// before may bear the same name by chance, and allow more.
    private func policy(
        of item: ImportedKey, among policies: [String: AuthorizationPolicy], _ plan: inout ImportPlan
    ) -> String? {
        let name = item.policies.first { policies[$0].map(item.mayStand) ?? false }
        if name == nil, let wanted = item.policies.last {
            plan.findings.append(
                ImportFinding(
                    .notTakenOver,
                    "key \(item.keyID) gets no policy: '\(wanted)' is not made of these exports; import the policy with it",
                    at: item.place))
        }
        return name
    }

    private func difference(
        of stored: ContentKeyRecord, from record: ContentKeyRecord, _ item: ImportedKey
    ) async throws -> String? {
        if !stored.isStored { return "as a key of the seed '\(stored.seed ?? "")'" }
        if stored.type != record.type { return "with the type \(stored.type.rawValue)" }
        var checksum = stored.checksum
        if checksum == nil { checksum = try await material.checksum(of: stored.wrapped) }
        if checksum != record.checksum { return "with another value" }
        // Of a key that comes again without its policy, the policy that it came with stands.
        let stands = record.authorizationPolicy == nil && stored.authorizationPolicy.map(item.policies.contains) == true
        if stored.authorizationPolicy != record.authorizationPolicy, !stands {
            return "with the policy \(stored.authorizationPolicy.map { "'\($0)'" } ?? "none")"
        }
        return nil
    }
}

extension ImportPlan {
    fileprivate mutating func contradict(_ kind: ImportedChange.Kind, _ name: String, _ how: String) {
        let way =
            kind == .contentKey
            ? "delete that key, or leave it out of the exports"
            : "choose another --prefix, or delete the one that is there"
        contradictions.append(
            "there is a \(kind.rawValue) '\(name)' already, \(how): an import changes nothing that is there; \(way)")
    }

    /// What belongs to one file stands together.
    fileprivate mutating func groupFindings() {
        var order: [String: Int] = [:]
        for finding in findings where order[finding.place.file] == nil { order[finding.place.file] = order.count }
        findings = findings.enumerated().sorted { left, right in
            (order[left.element.place.file] ?? 0, left.offset) < (order[right.element.place.file] ?? 0, right.offset)
        }.map(\.element)
    }

    /// Published keys are read from hosts of the configuration only; until then tokens under them are refused.
    fileprivate mutating func noteHosts(of policy: AuthorizationPolicy, allowed hosts: [String]) {
        for location in policy.publishedKeyRestrictions.flatMap(\.publishedKeySets) {
            guard let address = try? KeySetAddress(location.url), !address.isAllowed(by: hosts) else { continue }
            findings.append(
                ImportFinding(
                    .note,
                    "\(address.host) may not be asked for keys until 'keySets.hosts' of the configuration names it",
                    at: ExportPlace(file: "AuthorizationPolicy \(policy.name)")))
        }
    }
}

extension AuthorizationPolicy {
    /// The options in words: `clear gives aes by jwt`.
    fileprivate var outline: String {
        options.map { option in
            let restrictions = option.restrictions.map { restriction -> String in
                switch restriction {
                case .open: "open"
                case .ip: "addresses"
                case .token(let token): token.kind.rawValue
                case .unknown: "nothing"
                }
            }
            let delivery = option.delivery.map(\.rawValue).sorted().joined(separator: ", ")
            return "\(option.name) gives \(delivery) by \(restrictions.joined(separator: " and "))"
        }.joined(separator: "; ")
    }
}
