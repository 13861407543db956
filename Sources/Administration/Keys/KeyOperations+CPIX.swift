import Catalog
public import ContentKeys
public import Foundation
public import KeyExchange
public import Policies

/// Keys that leave for other encryptors and come from them, in CPIX documents.
extension KeyOperations {
    /// Which keys go into a document.
    public enum CPIXSelection: Sendable {
        /// By name or KID.
        case keys([String])
        /// All keys of an asset that hold for its current version, or those of one encryption.
        case asset(String, DeliveryEncryption?)
    }

    /// How key values stand in a document.
    public enum CPIXForm: Sendable {
        case wrapped([CPIX.Holder])
        /// As they are; `confirmed` says that this was asked for in so many words.
        case clear(confirmed: Bool)
    }

    /// A document with keys, their schemes and labels. Decides on every key, writes the decisions to the audit log, durably,
    /// and only then opens the first one; one denial and no key leaves.
    ///
    /// - Parameter role: of the operator who asks; nil and every role but `keyAdmin` are denied.
    public func exportCPIX(
        _ selection: CPIXSelection, _ form: CPIXForm, contentID: String?, role: OperatorRole?, at now: Date
    ) async throws -> CPIX {
        let selected = try await select(selection)
        let asked: ExportRequest.Form
        switch form {
        case .wrapped(let holders):
            asked = .wrapped(recipient: holders.map(\.fingerprint).joined(separator: " "))
        case .clear(let confirmed): asked = .clear(confirmed: confirmed)
        }
        let grants = try await grants(for: selected, asked, role: role, at: now)
        var keys: [(KeyID, ContentKey)] = []
        var rules: [CPIX.UsageRule] = []
        var periods: Set<Int> = []
        for (record, label, period) in selected {
            guard let grant = grants[record.keyID] else { continue }
            keys.append((record.keyID, try await unwrapper.unwrap(record.wrapped, for: .export(grant))))
            guard let label else { continue }
            var rule = CPIX.UsageRule(keyID: record.keyID)
            rule.set(label)
            if let period {
                rule.periods = [Self.periodID(period)]
                periods.insert(period)
            }
            rules.append(rule)
        }
        var document = CPIX(clear: keys)
        document.contentID = contentID
        document.usageRules = rules
        document.periods = periods.sorted().map { number in
            var period = CPIX.Period(id: Self.periodID(number))
            period.index = number
            return period
        }
        if case .wrapped(let holders) = form { document = try document.sealed(to: holders) }
        return document
    }

    private func grants(
        for selected: [Selected], _ form: ExportRequest.Form, role: OperatorRole?, at now: Date
    ) async throws -> [KeyID: ExportGrant] {
        var grants: [KeyID: ExportGrant] = [:]
        var granted: [AuditEvent] = []
        for (record, _, _) in selected {
            let request = ExportRequest(keyID: record.keyID, role: role, form: form)
            switch ExportGrant.decide(request, type: record.type) {
            case .denied(let denial):
                var event = Self.event(.keyExportDenied, record, at: now)
                event.reason = denial.rawValue
                try await appendAudit(event)
                throw KeyOperationError(.notPermitted, Self.explanation(of: denial, record.keyID))
            case .granted(let grant):
                var detail = "in CPIX, in the clear"
                if case .wrapped(let recipient) = form { detail = "in CPIX, to \(recipient)" }
                granted.append(Self.event(.keyExported, record, at: now, detail: detail))
                grants[record.keyID] = grant
            }
        }
        try await appendAudit(granted)
        return grants
    }

    /// A key, its label, and its crypto period where the asset has several.
    private typealias Selected = (ContentKeyRecord, KeyLabel?, Int?)

    private static func periodID(_ number: Int) -> String { "period-\(number)" }

    /// The keys, each once.
    private func select(_ selection: CPIXSelection) async throws -> [Selected] {
        var selected: [Selected] = []
        switch selection {
        case .keys(let names):
            for name in names {
                let record = try await find(name)
                guard !selected.contains(where: { $0.0.keyID == record.keyID }) else { continue }
                selected.append((record, record.label, nil))
            }
        case .asset(let name, let encryption):
            guard let asset = try await catalog.asset(named: name) else {
                throw KeyOperationError(.missing, "there is no asset '\(name)'; 'keyway asset list' lists them")
            }
            let assignments = try await catalog.keyAssignments(asset: name)
                .inForce(at: asset.currentVersion ?? .max)
                .filter { encryption == nil || $0.encryption == encryption }
            for assignment in assignments {
                let record = try await find(assignment.keyID.description)
                guard !selected.contains(where: { $0.0.keyID == record.keyID }) else { continue }
                let hasPeriods = assignments.contains { $0.period > 0 && $0.encryption == assignment.encryption }
                selected.append((record, assignment.label, hasPeriods ? assignment.period : nil))
            }
        }
        guard !selected.isEmpty else { throw KeyOperationError(.missing, "there are no keys to export") }
        return selected
    }

    /// What is said of imported keys that their document does not say.
    public struct CPIXImport: Sendable {
        /// The type of keys without a scheme.
        public var type: ContentKeyType?
        public var authorizationPolicy: String?

        public init(type: ContentKeyType? = nil, authorizationPolicy: String? = nil) {
            self.type = type
            self.authorizationPolicy = authorizationPolicy
        }
    }

    /// Takes the keys of a document whose key values are in the clear, all or none. A key that is here already with the same
    /// bytes is left as it is.
    public func importCPIX(_ document: CPIX, _ properties: CPIXImport, at now: Date) async throws -> [KeyReport] {
        guard !document.keys.isEmpty else { throw KeyOperationError(.invalid, "the document has no keys") }
        var changes: [CatalogChange] = []
        var records: [ContentKeyRecord] = []
        for key in document.keys {
            let record = try await record(of: key, document, properties, at: now)
            if let held = try await catalog.contentKey(record.keyID) {
                guard held.type == record.type, try await checksum(of: held) == record.checksum else {
                    throw CatalogError(.exists, "there is another key \(record.keyID) already")
                }
                records.append(held)
            } else {
                changes.append(.insertContentKey(record))
                changes.append(.audit(Self.event(.keyImported, record, at: now, detail: "of a CPIX document")))
                records.append(record)
            }
        }
        try await apply(changes)
        return records.map(KeyReport.init)
    }

    private func checksum(of record: ContentKeyRecord) async throws -> KeyChecksum {
        if let known = record.checksum { return known }
        return try await material.checksum(of: record.wrapped)
    }

    private func record(
        of key: CPIX.Key, _ document: CPIX, _ properties: CPIXImport, at now: Date
    ) async throws -> ContentKeyRecord {
        try KeyProperties(keyID: key.keyID).validate()
        guard let type = key.scheme.map({ ContentKeyType(commonEncryptionScheme: $0) }) ?? properties.type else {
            throw KeyOperationError(
                .invalid,
                key.scheme == nil
                    ? "key \(key.keyID) has no commonEncryptionScheme: say what the keys are for with --type"
                    : "key \(key.keyID) is for a scheme that is not supported: cenc, cbcs and AES-128 are")
        }
        switch key.value {
        case .absent: throw KeyOperationError(.invalid, "key \(key.keyID) has no value")
        case .encrypted:
            throw KeyOperationError(
                .invalid, "the keys are encrypted: give the private key of the certificate with --private-key")
        case .clear(let bytes):
            guard let content = bytes.withUnsafeBytes({ ContentKey(type, copying: $0) }) else {
                throw KeyOperationError(
                    .invalid, "key \(key.keyID) has \(bytes.count) bytes, and keys of its type have \(type.keyLength)")
            }
            var record = try await material.wrap(content, keyID: key.keyID, at: now)
            let labels = Set(document.usageRules.filter { $0.keyID == key.keyID }.compactMap(\.label))
            record.label = labels.count == 1 ? labels.first : nil
            record.authorizationPolicy = properties.authorizationPolicy
            return record
        }
    }
}
